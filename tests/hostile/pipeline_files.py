"""Hostile files of pipelines/: too deep, too large, too many, no files at all, and values that overflow."""

import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.hostile.registry import Entry, Kind

BASH = "airflow.providers.standard.operators.bash.BashOperator"


def pipeline(
    more: str = "", task: str = "", dag_id: str = "one", schedule: str = "null", text: str = "hi"
) -> str:
    """A pipeline of one task, with more lines for the pipeline or for the task."""
    return (
        f"{dag_id}:\n  schedule: {schedule}\n{more}  tasks:\n    - task_id: say\n      operator: {BASH}\n"
        f"      bash_command: {text}\n{task}"
    )


def tasks(count: int, more: Callable[[int], str]) -> str:
    """A pipeline of many tasks."""
    lines = (f"    t{n}: {{operator: {BASH}, bash_command: hi{more(n)}}}\n" for n in range(count))
    return "one:\n  schedule: null\n  tasks:\n" + "".join(lines)


def groups(count: int) -> str:
    """A pipeline whose task groups are inside each other."""
    nested = "".join(
        f"    g{n}: {{tooltip: a{f', parent_group_name: g{n - 1}' if n else ''}}}\n" for n in range(count)
    )
    inside = f"    t: {{operator: {BASH}, bash_command: hi, task_group_name: g{count - 1}}}\n"
    return f"one:\n  schedule: null\n  task_groups:\n{nested}  tasks:\n{inside}"


def mapped(count: int) -> str:
    """A chain of tasks, each mapped over the result of the one before."""
    lines = (
        f"    t{n}: {{operator: {BASH}, dependencies: [t{n + 1}],"
        f" expand: {{bash_command: t{n + 1}.output}}}}\n"
        for n in range(count)
    )
    last = f"    t{count}: {{operator: {BASH}, bash_command: hi}}\n"
    return "one:\n  schedule: null\n  tasks:\n" + "".join(lines) + last


def param(pattern: str, default: str) -> str:
    """A pipeline that asks for a text of a form."""
    what = f'__type__: airflow.sdk.Param, type: string, default: "{default}", pattern: "{pattern}"'
    return pipeline(f"  params: {{p: {{{what}}}}}\n")


def span(days: str) -> str:
    """A span of time."""
    return f"{{__type__: datetime.timedelta, days: {days}}}"


def _laughs() -> str:
    first = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    return first + "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


def _merge_laughs() -> str:
    first = "x-0: &m0 {a: 1}\n"
    merges = (f"x-{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}], k{n}: 1}}\n" for n in range(1, 12))
    return first + "".join(merges)


def _deep_aliases() -> str:
    levels = (f"x-{n}: &a{n} {'[' * 90}{f'*a{n - 1}' if n else 'x'}{']' * 90}\n" for n in range(20))
    return "".join(levels)


def _socket(path: Path) -> None:
    # A socket's address holds about a hundred bytes: the folder of a test may be longer.
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50 << 30)


def _link(target: str, path: Path) -> None:
    path.symlink_to(target.replace("ITSELF", path.name))


def _content(name: str, attacks: str, expected: str | None, make: Callable[[], bytes | str]) -> Entry:
    return Entry(name, Kind.PIPELINE, attacks, expected, make)


def _thing(name: str, attacks: str, expected: str, make: Callable[[Path], None]) -> Entry:
    return Entry(name, Kind.PIPELINE, attacks, expected, make, puts_itself=True)


PARSER = "ends the process in the C parser, or the recursion of Python"
STOPS = "takes minutes, while Airflow allows 30 s for all files together"
FILLS = "fills the memory"
SCHEDULER = "is accepted, and overflows in the scheduler, which runs all pipelines"

ENTRIES = [
    # Deep
    _content("mappings", PARSER, "too-deep", lambda: "a: " + "{a: " * 900 + "1" + "}" * 900),
    _content("lists", PARSER, "too-deep", lambda: "x1: " + "[" * 900 + "]" * 900),
    _content("indented", PARSER, "too-deep", lambda: "".join(" " * n + f"a{n}:\n" for n in range(900))),
    _content("a_million_brackets", PARSER, "too-deep", lambda: "[" * 1_000_000),
    _content("open_mappings", PARSER, "too-deep", lambda: "{a: " * 240_000),
    _content("dashes", PARSER, "too-deep", lambda: "- " * 300_000 + "x"),
    _content("complex_keys", PARSER, "too-deep", lambda: "? " * 10_000 + "x"),
    _content("deep_aliases", PARSER, "too-deep", _deep_aliases),
    _content("groups_in_groups", STOPS, "too-deep", lambda: groups(3000)),
    _content(
        "brackets_in_comments_and_texts",
        "is refused though it nests nothing",
        None,
        lambda: "# " + "[{(" * 50_000 + "\n" + pipeline(text="'" + "[{" * 50_000 + "'"),
    ),
    # Large
    _content("over_a_megabyte", FILLS, "too-large", lambda: "# " + "x" * 1_000_000),
    _content("billion_laughs", FILLS, "too-large", _laughs),
    _content("merged_laughs", FILLS, "too-large", _merge_laughs),
    _content("many_keys", STOPS, "too-large", lambda: "".join(f"k{n}: 1\n" for n in range(80_000))),
    _content("many_anchors", STOPS, "too-large", lambda: "".join(f"x{n}: &a{n} 1\n" for n in range(50_000))),
    _content("many_documents", STOPS, "second-document", lambda: "--- {a: 1}\n" * 49_000),
    _content("many_empty_documents", STOPS, "second-document", lambda: "---\n" * 200_000),
    _content(
        "many_directives",
        STOPS,
        "too-large",
        lambda: "".join(f"%TAG !a{n}! b:\n" for n in range(30_000)) + "--- 1",
    ),
    _content("twice_the_same_key", STOPS, "missing-key", lambda: "one:\n" + "  schedule: null\n" * 20_000),
    _content("long_line", STOPS, None, lambda: pipeline(text="'" + "x y" * 300_000 + "'")),
    _content("long_key", STOPS, "syntax", lambda: "k" * 900_000 + ": 1\n"),
    _content("long_tag", "fills the page of import errors", "tag", lambda: f"x-a: !<{'a' * 500_000}> b\n"),
    _content(
        "long_list_for_a_text", STOPS, "wrong-type", lambda: pipeline(f"  description: [{'x,' * 40_000}]\n")
    ),
    # Inside itself
    _content("list_in_itself", FILLS, "alias", lambda: "x-a: &a [*a]\n"),
    _content("merged_into_itself", FILLS, "alias", lambda: "x-a: &a\n  <<: *a\n  b: 1\n"),
    # Bytes and names
    _content("nul_byte", "is a message that no database keeps", "syntax", lambda: "one:\x00\n"),
    _content(
        "nul_escape",
        "is a text that no database keeps",
        "bad-value",
        lambda: pipeline('  description: "a\\0b"\n'),
    ),
    _content("utf16", "is read as something else", "encoding", lambda: pipeline().encode("utf-16")),
    _content("utf32", "is read as something else", "encoding", lambda: pipeline().encode("utf-32")),
    _content("cp949", "is read as something else", "encoding", lambda: "날씨:\n".encode("cp949")),
    _content(
        "byte_order_mark", "is refused though editors write it", None, lambda: pipeline().encode("utf-8-sig")
    ),
    _content(
        "keys_that_are_no_text",
        "meets code that takes keys for texts",
        "unquoted-template",
        lambda: "1: 2\nnull: 3\n[1]: 4\n",
    ),
    _content("nothing", "meets code that takes a document for a mapping", "empty", lambda: "null\n"),
    _content("id_with_a_slash", "leads out of a folder", "bad-id", lambda: pipeline(dag_id="a/../b")),
    _content(
        "id_that_turns_letters",
        "shows something else than is there",
        "bad-id",
        lambda: pipeline(dag_id='"\\u202eabc"'),
    ),
    _content("id_in_korean", "is refused though Airflow takes it", None, lambda: pipeline(dag_id="날씨")),
    _content("python_tag", "runs code", "tag", lambda: "!!python/object/apply:os.system ['exit 1']\n"),
    _content(
        "zone_that_leads_away",
        "reads another file",
        "timezone",
        lambda: pipeline("  timezone: ../../etc/passwd\n"),
    ),
    _content(
        "zone_of_the_block_default",
        "meets code that takes it for checked",
        "timezone",
        lambda: "default: {timezone: Nowhere}\n" + pipeline(),
    ),
    # Quantities
    _content("retries", SCHEDULER, "out-of-range", lambda: pipeline(task="      retries: 1000000000000\n")),
    _content("slots", SCHEDULER, "out-of-range", lambda: pipeline(task="      pool_slots: 99999999999999\n")),
    _content("runs", SCHEDULER, "out-of-range", lambda: pipeline("  max_active_runs: 99999999999999\n")),
    _content(
        "run_of_ages", SCHEDULER, "out-of-range", lambda: pipeline(f"  dagrun_timeout: {span('999999999')}\n")
    ),
    _content("schedule_of_ages", SCHEDULER, "out-of-range", lambda: pipeline(schedule=span("999999999"))),
    _content(
        "schedule_of_no_time", SCHEDULER, "contradiction", lambda: pipeline(schedule=span("0.0000000001"))
    ),
    _content(
        "delay_of_ages",
        "overflows in the check",
        "out-of-range",
        lambda: pipeline(task=f"      retry_delay: {span('1' + '0' * 18)}\n"),
    ),
    _content(
        "delay_as_number",
        "overflows in the check",
        "out-of-range",
        lambda: pipeline(task="      retry_delay: 1.0e+300\n"),
    ),
    _content(
        "endless_delay",
        "overflows in the check",
        "yaml-trap",
        lambda: pipeline(task="      retry_delay: .inf\n"),
    ),
    _content(
        "delay_that_is_no_number",
        "overflows in the check",
        "yaml-trap",
        lambda: pipeline(task="      retry_delay: .nan\n"),
    ),
    _content("year_9999", SCHEDULER, "date", lambda: pipeline("  start_date: 9999-12-31\n")),
    _content("year_1", SCHEDULER, "date", lambda: pipeline("  start_date: 0001-01-01\n")),
    *(
        _content(f"number_{name}", STOPS, "bad-value", partial(pipeline, f"  max_active_runs: {number}\n"))
        for name, number in {
            "digits": "9" * 5000,
            "hexadecimal": "0x" + "f" * 5000,
            "base_60": "1" + ":59" * 2000,
            "underscores": "1" + "_" * 5000 + ".5e+5",
        }.items()
    ),
    # Schedules
    *(
        _content(f"cron_{name}", consequence, "cron", partial(pipeline, schedule=f'"{cron}"'))
        for name, cron, consequence in (
            ("of_no_day", "0 0 30-31 2 *", "is accepted, and stops the scheduler"),
            ("of_no_day_by_steps", "0 0 30/1 2 *", "is accepted, and stops the scheduler"),
            ("of_long_numbers", f"0 0 {'9' * 5000} * *", "is a conversion that Python refuses"),
            ("of_long_steps", f"*/{'9' * 5000} * * * *", "is a conversion that Python refuses"),
            ("of_other_digits", "٣ 0 * * *", "is accepted, and Airflow refuses it"),
            ("of_last_monday", "0 0 * * Lmon", "is accepted, and Airflow refuses it"),
            ("of_a_list", ",".join(["1"] * 100_000) + " * * * *", STOPS),
        )
    ),
    # Templates
    _content(
        "template_with_a_filter",
        "ends the check of all files, and is right",
        None,
        lambda: pipeline(text='"{{ ts | ts_nodash }}"'),
    ),
    _content(
        "template_with_no_such_filter",
        "ends the check of all files",
        "template",
        lambda: pipeline(text='"{{ ts | nonesuch }}"'),
    ),
    _content(
        "template_of_long_numbers",
        "ends the check of all files",
        "template",
        lambda: pipeline(text=f'"{{{{ {"9" * 5000} }}}}"'),
    ),
    _content("template_that_multiplies", FILLS, None, lambda: pipeline(text="\"{{ 'a' * 3000000000 }}\"")),
    _content(
        "template_that_fills_up", FILLS, None, lambda: pipeline(text="\"{{ 'a' | center(3000000000) }}\"")
    ),
    _content(
        "template_of_powers",
        STOPS,
        None,
        lambda: pipeline(text='"{{ 9 ** (9 ** 9) }}{% autoescape 9 ** (9 ** 9) %}{% endautoescape %}"'),
    ),
    _content(
        "template_that_loops",
        STOPS,
        None,
        lambda: pipeline(text='"{% for i in range(10 ** 9) %}x{% endfor %}"'),
    ),
    _content(
        "deep_template", PARSER, "template", lambda: pipeline(text=f'"{{{{ {"(" * 3000}1{")" * 3000} }}}}"')
    ),
    _content("long_template", STOPS, "template", lambda: pipeline(text='"' + "{{ts}}" * 140_000 + '"')),
    _content(
        "template_of_unknown_names",
        STOPS,
        "unknown-name",
        lambda: pipeline(text='"' + "".join(f"{{{{a{n}}}}}" for n in range(5000)) + '"'),
    ),
    # Expressions
    _content("exponential_pattern", STOPS, "slow-pattern", lambda: param("^(a+)+$", "a" * 40 + "!")),
    _content("polynomial_pattern", STOPS, "slow-pattern", lambda: param("^" + "a*" * 9 + "b$", "a" * 400)),
    *(
        _content(f"secrets_in_{name}", STOPS, None, partial(pipeline, text=f"'{text}'"))
        for name, text in {
            "letters": "A" * 160_000,
            "web_tokens": "eyJ-" * 40_000,
            "addresses": "a://b:" * 25_000,
            "private_keys": "-----BEGIN " * 15_000,
            "underscores": "_" * 300_000 + "x",
        }.items()
    ),
    _content(
        "many_variables",
        STOPS,
        "environment",
        lambda: pipeline(text="'" + " ".join(f"$v{n}" for n in range(90_000)) + "'"),
    ),
    _content(
        "many_keys_in_comments", STOPS, "secret", lambda: "# auth_key=abcdefghijk\n" * 40_000 + pipeline()
    ),
    # Tasks
    _content(
        "long_chain",
        STOPS,
        None,
        lambda: tasks(2000, lambda n: f", dependencies: [t{n + 1}]" if n < 1999 else ""),
    ),
    _content(
        "long_cycle", STOPS, "cycle", lambda: tasks(4000, lambda n: f", dependencies: [t{(n + 1) % 4000}]")
    ),
    _content("mapped_over_each_other", STOPS, None, lambda: mapped(3000)),
    _content(
        "many_mistyped_dependencies",
        STOPS,
        "unknown-task",
        lambda: tasks(3000, lambda n: f", dependencies: [tt{n}x]"),
    ),
    *(
        _content(
            f"stations_of_{name}",
            STOPS,
            "not-allowed",
            partial(
                str.replace,
                pipeline(task=f"      stations: '{text}'\n").replace("      bash_command: hi\n", ""),
                BASH,
                "operators.collection.CollectWeatherDataOperator",
            ),
        )
        for name, text in {
            "commas": "a," * 100_000,
            "zeros": "0" * 100_000,
            "words": "password " * 20_000,
        }.items()
    ),
    # No files
    _thing("pipe", "is waited for without end", "unreadable", os.mkfifo),
    _thing("folder", "can't be read", "unreadable", Path.mkdir),
    _thing("socket", "can't be read", "unreadable", _socket),
    _thing("link_to_itself", "can't be followed", "unreadable", partial(_link, "ITSELF")),
    _thing("link_to_nothing", "is gone between listing and reading", "unreadable", partial(_link, "nowhere")),
    _thing("link_to_zeros", "has no end", "unreadable", partial(_link, "/dev/zero")),
    _thing(
        "link_to_the_kernel",
        "announces no size, and has terabytes",
        "too-large",
        partial(_link, "/proc/self/pagemap"),
    ),
    _thing("sparse", FILLS, "too-large", _sparse),
]


def _many(folder: Path) -> None:
    for number in range(3000):
        (folder / f"p{number}.yml").write_text("a: [")


def _named(name: bytes, folder: Path) -> None:
    (folder / os.fsdecode(name)).write_text(pipeline())


def _defaults(target: str, folder: Path) -> None:
    (folder / "defaults.yml").unlink()
    (folder / "defaults.yml").symlink_to(target)


def _notes(folder: Path) -> None:
    _sparse(folder / "good.md")


def _waiting_notes(folder: Path) -> None:
    os.mkfifo(folder / "good.md")


def _inside(folder: Path) -> None:
    (folder / "inside").mkdir()
    (folder / "inside" / "loop").symlink_to(folder)
    _sparse(folder / "inside" / "a.yml")


ENTRIES += [
    Entry(name, Kind.FOLDER, attacks, expected, make, puts_itself=True)
    for name, attacks, expected, make in (
        ("thousands_of_files", STOPS, "too-many", _many),
        (
            "name_of_other_bytes",
            "ends the output, and the write to the database",
            "bad-name",
            partial(_named, b"a\xff.yml"),
        ),
        (
            "name_of_two_lines",
            "forges lines of the output",
            "bad-name",
            partial(_named, b"a\n::error::b.yml"),
        ),
        (
            "defaults_that_are_gone",
            "lets pipelines run with other settings than written",
            "unreadable",
            partial(_defaults, "nowhere"),
        ),
        (
            "defaults_that_are_no_file",
            "is waited for without end",
            "unreadable",
            partial(_defaults, "/dev/zero"),
        ),
        ("notes_of_gigabytes", FILLS, "too-large", _notes),
        ("notes_that_are_a_pipe", "are waited for without end", "unreadable", _waiting_notes),
        ("folder_in_itself", STOPS, "not-read", _inside),
    )
]
