"""The page of a run's documents: what its tasks put on S3, by their XComs, and why a task has none.

XComs are untrusted input: a value that names no page is shown as text, without a link.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from weather_mlops.browsing.documents import address
from weather_mlops.pages import rendering
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit

RETURNED: Final = "return_value"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
RAW: Final = "raw_keys"
FORECAST: Final = "forecast_key"
TITLES: Final = {
    "docs_key": "documents_data_docs",
    "docs_keys": "documents_data_docs",
    "card_key": "documents_card",
    "report_key": "documents_report",
}
"""Entries that hold the key, or a list of the keys, of pages on S3; and the texts of their links."""
XCOMS: Final = (RETURNED, SKIPPED, FAILED, *TITLES)
"""XComs that are read: a task that fails after it wrote a page leaves its key in an XCom of its own."""
RUNS_SHOWN: Final = 10
LINKS_SHOWN: Final = 50
"""Links per task, and per run in the list of runs: with all keys of a large XCom a page would have MBs."""
LONGEST_TEXT: Final = 2_000
"""Characters of a text that a task left."""
UNMAPPED: Final = -1
_WAITING: Final = frozenset({"", "none", "scheduled", "queued", "up_for_reschedule", "restarting"})
_GOING_ON: Final = frozenset({"running", "deferred", "up_for_retry"})
_TONES: Final = {"success": "good", "failed": "bad", "upstream_failed": "bad", "up_for_retry": "warn"}
_STATES: Final = frozenset(
    {*_WAITING, *_GOING_ON, "success", "failed", "upstream_failed", "skipped", "removed"}
)
"""States that have a name in both languages: that of Airflow's UI."""


class Quoted(NamedTuple):
    """A text that a task left.

    Attributes:
        text: its beginning.
        n_more: characters that are not shown.
    """

    text: str
    n_more: int = 0


class NoDocumentReason(NamedTuple):
    """The reason why a task has no document.

    Attributes:
        key: of its text.
        quoted: what the task said about it; None where it said nothing.
    """

    key: str
    quoted: Quoted | None = None


@dataclass(frozen=True)
class TaskView:
    """A task of a run.

    Attributes:
        task_id: its name.
        map_index: of a mapped task; −1 of any other.
        state: Airflow's name of the state; empty = it has none yet.
        xcoms: its values of XCOMS, by key.
    """

    task_id: str
    map_index: int = UNMAPPED
    state: str = ""
    xcoms: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return _TONES.get(self.state, "")

    @property
    def name(self) -> str:
        """The name for people."""
        return self.task_id if self.map_index == UNMAPPED else f"{self.task_id} [{self.map_index}]"

    def strings(self, entry: str) -> list[str]:
        """The texts under a key of its return value, or else in the XCom of that key."""
        returned = self.xcoms.get(RETURNED)
        value = returned.get(entry) if isinstance(returned, Mapping) else None
        value = self.xcoms.get(entry) if value is None else value
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [text for text in texts if isinstance(text, str) and text]


@dataclass(frozen=True)
class RunView:
    """A run of a DAG.

    Attributes:
        dag_id: of the DAG.
        run_id: of the run.
        state: Airflow's name of the state.
        at: the time that its data belong to, or when it was triggered (aware).
        tasks: in the order in which they started.
    """

    dag_id: str
    run_id: str
    state: str
    at: datetime
    tasks: Sequence[TaskView] = ()

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return _TONES.get(self.state, "")


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document of a run, to open.

    Attributes:
        kind: key of its title.
        href: relative to the views; empty where the key is no page of this system.
        key: on S3.
        number: its number among those of the same task and kind, from 1.
        total: how many these are.
    """

    kind: str
    href: str
    key: str
    number: int = 1
    total: int = 1

    def title(self, language: Language) -> str:
        """The title of the link."""
        title = language(self.kind, n=f"{self.total:,}")
        if self.number == 0 or self.total == 1:
            return title
        return language("documents_one_of", title=title, number=f"{self.number:,}", total=f"{self.total:,}")

    @property
    def quoted(self) -> Quoted:
        """The key, for a page on which it has no link."""
        return shortened(self.key)


@dataclass(frozen=True, slots=True)
class ShownLinks:
    """The documents of a task or a run, as a page lists them.

    Attributes:
        shown: at most LINKS_SHOWN.
        n_more: how many are left out.
    """

    shown: Sequence[DocumentLink]
    n_more: int


def documents(run: RunView, task: TaskView) -> list[DocumentLink]:
    """The documents of a task, in the order of TITLES."""
    return list(_documents(run, task))


def raw_keys(tasks: Sequence[TaskView]) -> list[str]:
    """Keys of the raw responses that tasks stored."""
    return [key for task in tasks for key in task.strings(RAW)]


def only_document(run: RunView) -> str:
    """The URL of the only document of the tasks; empty where there are none, or several."""
    every = [document for task in run.tasks for document in documents(run, task)]
    return every[0].href if len(every) == 1 else ""


def address_of(run: RunView, task: TaskView | None = None, view: str = "documents") -> str:
    """The URL of the page that lists the documents of a run, or of one of its tasks."""
    query = {"dag_id": run.dag_id, "run_id": run.run_id}
    if task is not None:
        query |= {"task_id": task.task_id, "map_index": str(task.map_index)}
    return f"{view}?{urlencode(query)}"


def render_run(run: RunView, visit: Visit) -> str:
    """The page of a run, or of those of its tasks that were requested."""
    return rendering.render(
        "documents_run.html",
        visit,
        run=run,
        state=state_name(run.state, visit.language),
        tasks=[
            (
                task,
                state_name(task.state, visit.language),
                _links(documents(run, task)),
                no_document_reason(task),
            )
            for task in run.tasks
        ],
        all_runs=f"documents?{urlencode({'dag_id': run.dag_id})}",
    )


def render_dag(dag_id: str, runs: Sequence[RunView], visit: Visit, task_id: str = "") -> str:
    """The page of a DAG, or of one of its tasks: the documents of its latest runs, newest first."""
    return rendering.render(
        "documents_dag.html",
        visit,
        dag_id=dag_id,
        task_id=task_id,
        most=RUNS_SHOWN,
        runs=[
            (
                run,
                address_of(run),
                state_name(run.state, visit.language),
                _links([document for task in run.tasks for document in documents(run, task)]),
            )
            for run in runs
        ],
    )


def _documents(run: RunView, task: TaskView) -> Iterator[DocumentLink]:
    for entry, title in TITLES.items():
        keys = task.strings(entry)
        for number, key in enumerate(keys, 1):
            yield DocumentLink(title, address(key), key, number, len(keys))
    if responses := task.strings(RAW):
        yield DocumentLink("documents_raw", address_of(run, task, "raw"), responses[0], 0, len(responses))
    for key in task.strings(FORECAST):
        yield DocumentLink("documents_forecasts", "forecasts", key)


def _links(every: Sequence[DocumentLink]) -> ShownLinks:
    return ShownLinks(every[:LINKS_SHOWN], max(0, len(every) - LINKS_SHOWN))


def shortened(text: str) -> Quoted:
    """A text of a task; of a long one only the beginning."""
    return Quoted(text[:LONGEST_TEXT], max(0, len(text) - LONGEST_TEXT))


def no_document_reason(task: TaskView) -> NoDocumentReason:
    """The reason why a task has no document."""
    if task.state in {SKIPPED, FAILED}:
        messages = task.strings(task.state)
        key = f"documents_{task.state}"
        return (
            NoDocumentReason(f"{key}_because", shortened(messages[0])) if messages else NoDocumentReason(key)
        )
    if task.state == "upstream_failed":
        return NoDocumentReason("documents_not_run")
    if task.state in _WAITING:
        return NoDocumentReason("documents_waiting")
    if task.state in _GOING_ON:
        return NoDocumentReason("documents_going_on")
    return NoDocumentReason("documents_writes_none" if task.state == "success" else "documents_none")


def state_name(state: str, language: Language) -> str:
    """Airflow's name of a state in the reader's language."""
    if state not in _STATES:
        return state
    return language(f"documents_state_{state or 'none'}")
