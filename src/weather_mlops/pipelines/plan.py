"""What a change of the pipelines will do, before it is merged.

``python -m weather_mlops.pipelines.plan [--base main] [--format text|markdown]``: the pipelines of
the working tree, uncommitted changes included, compared with those of a revision.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from weather_mlops.clock import KST
from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines.changes import Change, Comparison, compare, read_folder
from weather_mlops.pipelines.findings import Finding
from weather_mlops.pipelines.revisions import base_of, extract
from weather_mlops.pipelines.schedule import Schedule
from weather_mlops.settings import CHECKOUT


def as_text(comparison: Comparison, base: str, now: datetime) -> str:
    """For the terminal."""
    lines = [f"Pipelines against {base}", ""]
    for change in comparison.changes:
        lines += [f"{change.dag_id}: {change.kind} ({change.file})"]
        lines += [f"  {row.what}: {row.before} → {row.after}" for row in change.rows]
        lines += [f"  {words}" for words in _when(change.schedule, now)]
        lines += [""]
    for each in comparison.consequences:
        lines += [each.what, *(f"  {line}" for line in each.lines()), ""]
    lines += [*_unchanged(comparison), *_incomparable(comparison)]
    for title, findings in _broken(comparison, base):
        lines += [title, *(f"  {finding}" for finding in findings)]
    return "\n".join(lines).rstrip() + "\n"


def as_markdown(comparison: Comparison, base: str, now: datetime) -> str:
    """For a pull request."""
    lines = [f"### Pipelines against {_cell(base)}", ""]
    for change in comparison.changes:
        lines += [f"**{_cell(change.dag_id)}** {change.kind} (`{change.file}`)", "", *_table(change)]
        lines += [f"- {_cell(words)}" for words in _when(change.schedule, now)]
        lines += [""]
    for each in comparison.consequences:
        lines += [f"**{_cell(each.what)}**", "", *(f"- {_cell(line)}" for line in each.lines()), ""]
    lines += [_cell(words) + "\n" for words in [*_unchanged(comparison), *_incomparable(comparison)]]
    for title, findings in _broken(comparison, base):
        lines += [f"**{_cell(title)}**", "", *(f"- {_cell(str(finding))}" for finding in findings), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(change: Change) -> Iterator[str]:
    if change.rows:
        yield "| what | before | after |"
        yield "|---|---|---|"
        for row in change.rows:
            yield f"| {_cell(row.what)} | {_cell(row.before)} | {_cell(row.after)} |"
        yield ""


def _cell(text: str) -> str:
    """A text with Markdown's special characters escaped, also for a table."""
    for sign in "\\`*_[]<>|#~":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")


def _when(schedule: Schedule | None, now: datetime) -> Iterator[str]:
    if schedule is None:
        return
    yield f"runs {schedule.words}"
    if runs := schedule.next_runs(now):
        yield f"next runs, KST: {', '.join(f'{run.astimezone(KST):%Y-%m-%d %H:%M}' for run in runs)}"


def _unchanged(comparison: Comparison) -> Iterator[str]:
    if comparison.unchanged:
        yield f"unchanged: {', '.join(comparison.unchanged)}"


def _incomparable(comparison: Comparison) -> Iterator[str]:
    if comparison.incomparable:
        yield f"can't be compared, a file is broken: {', '.join(comparison.incomparable)}"


def _broken(comparison: Comparison, base: str) -> Iterator[tuple[str, Sequence[Finding]]]:
    if comparison.broken_after:
        yield "broken now:", comparison.broken_after
    if comparison.broken_before:
        yield f"broken in {base}:", comparison.broken_before


def plan(project: Path, folder: str, requested: str | None) -> tuple[Comparison, str]:
    """Compare the pipelines of a project's working tree with those of a revision; and name the revision.

    Raises:
        Misconfigured: there is no such revision, or no git.
    """
    revision = base_of(project, requested)
    with tempfile.TemporaryDirectory() as temporary:
        before = read_folder(extract(project, revision, folder, Path(temporary)))
        comparison = compare(before, read_folder(project / folder))
    return comparison, f"{requested} ({revision[:10]})" if requested else revision[:10]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the plan; 0, or 1 if a pipeline is broken now, 2 if there is nothing to compare with."""
    parser = argparse.ArgumentParser(prog="python -m weather_mlops.pipelines.plan")
    parser.add_argument("--base", help="a revision; without it, the point where this branch left main")
    parser.add_argument("--format", choices=("text", "markdown"), default="text")
    parser.add_argument("--project", type=Path, default=CHECKOUT)
    parser.add_argument("--pipelines", default="pipelines", help="the folder, in the project")
    options = parser.parse_args(arguments)
    try:
        comparison, base = plan(options.project, options.pipelines, options.base)
    except Misconfigured as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    render = as_markdown if options.format == "markdown" else as_text
    sys.stdout.write(render(comparison, base, datetime.now(UTC)))
    return 1 if comparison.broken_after else 0


if __name__ == "__main__":
    sys.exit(main())
