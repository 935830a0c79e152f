"""The page of a run's documents: what its tasks put on S3, by their XComs, and why a task has none.

XComs are untrusted input: a value that names no page is shown as text, without a link.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from weather_mlops.browsing.documents import address
from weather_mlops.browsing.frame import TIMES, framed, link, listed, notice, wordy
from weather_mlops.pages.markup import MISSING, cell, escape, kst, table

RETURNED: Final = "return_value"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
RAW: Final = "raw_keys"
FORECAST: Final = "forecast_key"
TITLES: Final = {
    "docs_key": "Data Docs",
    "docs_keys": "Data Docs",
    "card_key": "Model card",
    "report_key": "Monitoring report",
}
"""Entries that hold the key, or a list of the keys, of pages on S3."""
XCOMS: Final = (RETURNED, SKIPPED, FAILED, *TITLES)
"""XComs that are read: a task that fails after it wrote a page leaves its key in an XCom of its own."""
RUNS_SHOWN: Final = 10
LINKS_SHOWN: Final = 50
"""Links per task, and per run in the list of runs: with all keys of a large XCom a page would have MBs."""
LONGEST_TEXT: Final = 2_000
"""Characters of a text that a task left."""
HEAD: Final = ("task", wordy("state"), wordy("documents"))
UNMAPPED: Final = -1
_WAITING: Final = frozenset({"", "none", "scheduled", "queued", "up_for_reschedule", "restarting"})
_GOING_ON: Final = frozenset({"running", "deferred", "up_for_retry"})
_TONES: Final = {"success": "good", "failed": "bad", "upstream_failed": "bad", "up_for_retry": "warn"}


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


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document of a run, to open.

    Attributes:
        title: plain text.
        href: relative to the views; empty where the key is no page of this system.
        key: on S3.
    """

    title: str
    href: str
    key: str


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


def render_run(run: RunView) -> str:
    """The page of a run, or of those of its tasks that were requested."""
    rows = [
        (escape(task.name), [cell(_state(task.state), "name"), cell(_task_cell(run, task), "words")])
        for task in run.tasks
    ]
    body = f"<p>Run {escape(run.run_id)}, {_state(run.state)}.</p>"
    if rows:
        body += table("What each task put on S3.", HEAD, rows)
    else:
        body += notice("No task of this run has started yet.")
    every = link(f"documents?{urlencode({'dag_id': run.dag_id})}", "The latest runs of this DAG")
    title = f"Documents of {escape(run.dag_id)}, {kst(run.at)}"
    return framed(title, f"{TIMES} {every}", body)


def render_dag(dag_id: str, runs: Sequence[RunView], task_id: str = "") -> str:
    """The page of a DAG, or of one of its tasks: the documents of its latest runs, newest first."""
    rows = [
        (
            link(address_of(run), kst(run.at)),
            [cell(_state(run.state), "name"), cell(_of_run(run) or MISSING, "words")],
        )
        for run in runs
    ]
    what = f"{escape(task_id)} in {escape(dag_id)}" if task_id else escape(dag_id)
    body = (
        table(
            f"At most its latest {RUNS_SHOWN} runs, newest first.",
            ["run", *HEAD[1:]],
            rows,
            "no document: the run's page says why",
        )
        if rows
        else notice("It has not run yet.")
    )
    return framed(f"Documents of {what}", TIMES, body)


def _documents(run: RunView, task: TaskView) -> Iterator[DocumentLink]:
    for entry, title in TITLES.items():
        keys = task.strings(entry)
        for number, key in enumerate(keys, 1):
            yield DocumentLink(
                f"{title} {number} of {len(keys)}" if len(keys) > 1 else title, address(key), key
            )
    if responses := task.strings(RAW):
        yield DocumentLink(f"Raw responses ({len(responses)})", address_of(run, task, "raw"), responses[0])
    for key in task.strings(FORECAST):
        yield DocumentLink("Forecasts (the latest)", "forecasts", key)


def _task_cell(run: RunView, task: TaskView) -> str:
    """The documents of a task as HTML, or why it has none."""
    return _links(documents(run, task)) or _no_document_reason(task)


def _of_run(run: RunView) -> str:
    return _links([document for task in run.tasks for document in documents(run, task)])


def _links(every: Sequence[DocumentLink]) -> str:
    if not every:
        return ""
    more = [f"and {len(every) - LINKS_SHOWN:,} more"] if len(every) > LINKS_SHOWN else []
    return listed([*(_opened(document) for document in every[:LINKS_SHOWN]), *more])


def _opened(document: DocumentLink) -> str:
    if document.href:
        return link(document.href, escape(document.title))
    return f"{escape(document.title)}: {shortened(document.key)} (no page of this system)"


def shortened(text: str) -> str:
    """A text of a task as HTML; of a long one only the beginning."""
    if len(text) <= LONGEST_TEXT:
        return escape(text)
    return f"{escape(text[:LONGEST_TEXT])}… and {len(text) - LONGEST_TEXT:,} more characters"


def _no_document_reason(task: TaskView) -> str:
    """The reason why a task has no document, as HTML."""
    if task.state == "skipped":
        reason = task.strings(SKIPPED)
        return f"Skipped: {shortened(reason[0])}" if reason else "Skipped, because a task before it was."
    if task.state == "failed":
        reason = task.strings(FAILED)
        return (
            f"Failed: {shortened(reason[0])}" if reason else "Failed before it wrote one: its log says why."
        )
    if task.state == "upstream_failed":
        return "Not run: a task before it failed."
    if task.state in _WAITING:
        return "Not run yet."
    if task.state in _GOING_ON:
        return "Not done yet."
    return "It writes none." if task.state == "success" else "None."


def _state(state: str) -> str:
    shown = escape(state.replace("_", " ") or "not started")
    return f'<span class="{_TONES[state]}">{shown}</span>' if state in _TONES else shown
