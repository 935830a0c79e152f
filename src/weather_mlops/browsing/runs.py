"""The page of a run's documents: what its tasks, by their XComs, put on S3, and why one put nothing there.

XComs are written by tasks, not by us: a value that names no page is shown as text and leads nowhere.
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
"""What is read: a task that fails after it wrote a page leaves its key in an XCom of its own."""
RUNS_SHOWN: Final = 10
LINKS_SHOWN: Final = 50
"""Documents of a task, or of a run in the list of runs: of an XCom with 50,000 keys a page would have MBs."""
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
        map_index: of a mapped one; −1 of any other.
        state: as Airflow calls it; empty = it has none yet.
        xcoms: those of XCOMS that it has.
    """

    task_id: str
    map_index: int = UNMAPPED
    state: str = ""
    xcoms: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As people read it."""
        return self.task_id if self.map_index == UNMAPPED else f"{self.task_id} [{self.map_index}]"

    def strings(self, entry: str) -> list[str]:
        """What it returned under a name, or left in an XCom of that name: a text, or a list of them."""
        returned = self.xcoms.get(RETURNED)
        told = returned.get(entry) if isinstance(returned, Mapping) else None
        told = self.xcoms.get(entry) if told is None else told
        texts = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        return [text for text in texts if isinstance(text, str) and text]


@dataclass(frozen=True)
class RunView:
    """A run of a DAG.

    Attributes:
        dag_id: of the DAG.
        run_id: of the run.
        state: as Airflow calls it.
        at: what it is about, or when it was asked for (aware).
        tasks: in the order in which they began.
    """

    dag_id: str
    run_id: str
    state: str
    at: datetime
    tasks: Sequence[TaskView] = ()


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """Something to open.

    Attributes:
        title: plain text.
        href: relative to the views; empty where it is no page of ours.
        key: what it is on S3.
    """

    title: str
    href: str
    key: str


def documents(run: RunView, task: TaskView) -> list[DocumentLink]:
    """What a task made, in the order of TITLES."""
    return list(_documents(run, task))


def raw_keys(tasks: Sequence[TaskView]) -> list[str]:
    """Keys of the raw replies that tasks kept."""
    return [key for task in tasks for key in task.strings(RAW)]


def only_document(run: RunView) -> str:
    """Where the one document of the tasks opens; empty where there are none, or several."""
    found = [document for task in run.tasks for document in documents(run, task)]
    return found[0].href if len(found) == 1 else ""


def address_of(run: RunView, task: TaskView | None = None, view: str = "documents") -> str:
    """Where the documents of a run, or of a task of it, are listed."""
    told = {"dag_id": run.dag_id, "run_id": run.run_id}
    if task is not None:
        told |= {"task_id": task.task_id, "map_index": str(task.map_index)}
    return f"{view}?{urlencode(told)}"


def render_run(run: RunView) -> str:
    """The page of a run, or of those of its tasks that were asked for."""
    rows = [
        (escape(task.name), [cell(_state(task.state), "name"), cell(_task_cell(run, task), "words")])
        for task in run.tasks
    ]
    body = f"<p>Run {escape(run.run_id)}, {_state(run.state)}.</p>"
    if rows:
        body += table("What each task put on S3.", HEAD, rows)
    else:
        body += notice("No task of this run has begun yet.")
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
            f"Its latest {RUNS_SHOWN} runs at the most, newest first.",
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
    if kept := task.strings(RAW):
        yield DocumentLink(f"Raw replies ({len(kept)})", address_of(run, task, "raw"), kept[0])
    for key in task.strings(FORECAST):
        yield DocumentLink("Forecasts (the latest)", "forecasts", key)


def _task_cell(run: RunView, task: TaskView) -> str:
    """The documents of a task as HTML, or why it has none."""
    return _links(documents(run, task)) or _no_document_reason(task)


def _of_run(run: RunView) -> str:
    return _links([document for task in run.tasks for document in documents(run, task)])


def _links(found: Sequence[DocumentLink]) -> str:
    if not found:
        return ""
    more = [f"and {len(found) - LINKS_SHOWN:,} more"] if len(found) > LINKS_SHOWN else []
    return listed([*(_opened(document) for document in found[:LINKS_SHOWN]), *more])


def _opened(document: DocumentLink) -> str:
    if document.href:
        return link(document.href, escape(document.title))
    return f"{escape(document.title)}: {shortened(document.key)} (no page of this system)"


def shortened(text: str) -> str:
    """What a task left, as HTML; of a long text how it begins."""
    if len(text) <= LONGEST_TEXT:
        return escape(text)
    return f"{escape(text[:LONGEST_TEXT])}… and {len(text) - LONGEST_TEXT:,} more characters"


def _no_document_reason(task: TaskView) -> str:
    """Why there is no document, as HTML."""
    if task.state == "skipped":
        reason = task.strings(SKIPPED)
        return f"Skipped: {shortened(reason[0])}" if reason else "Skipped, since a task before it was."
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
    return "It makes none." if task.state == "success" else "None."


def _state(state: str) -> str:
    shown = escape(state.replace("_", " ") or "not begun")
    return f'<span class="{_TONES[state]}">{shown}</span>' if state in _TONES else shown
