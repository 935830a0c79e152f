"""Regular expressions of params: whether they match the default, in a short time.

Airflow matches the default of each param when it builds the DAG. With some expressions, such as ``(a+)+$``, a
search takes years, and nothing inside the process can stop it. So another process tries them first.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from weather_mlops.pipelines.describe import quoted
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding
from weather_mlops.pipelines.keys import KeyPath, YamlMapping, YamlValue

SECONDS: Final = 1
"""CPU time for all patterns of a file: a search takes microseconds."""
LONGEST_WAIT: Final = 60
"""Seconds of wall time, for a machine that is busy."""
_PARAM: Final = "airflow.sdk.Param"
# Prints a line per search. A pattern that can't be compiled matches nothing.
_PROGRAM: Final = f"""
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
for pattern, text in json.load(sys.stdin):
    try:
        matches = re.search(pattern, text) is not None
    except (re.error, OverflowError, RecursionError):
        matches = False
    print(int(matches), flush=True)
"""


def check(document: YamlDocument) -> Iterator[Finding]:
    """Findings of params whose pattern doesn't match their default, or takes too long to try."""
    searches = [
        (path, pattern, text, pattern == param.get("pattern") and text == param["default"])
        for path, param in _params(document.data, ())
        for pattern in _patterns(param)
        for text in _texts(param["default"])
    ]
    if not searches:
        return
    answers = _search([(pattern, text) for _, pattern, text, _ in searches])
    for (path, _, text, is_own), answer in zip(searches, answers, strict=False):
        if is_own and not answer:
            message = f"the default {text!r} is refused by its own param: pattern doesn't match it"
            fix = "give another default, or widen the param"
            yield document.finding((*path, "default"), "contradiction", message, fix, value=True)
    if len(answers) < len(searches):
        path, pattern, text, _ = searches[len(answers)]
        yield document.finding(
            (*path, "default"),
            "slow-pattern",
            f"the pattern {quoted(pattern)} takes more than {SECONDS} s to search {quoted(text)}",
            "write it without a nested repetition: a+ instead of (a+)+",
            value=True,
        )


def _search(searches: list[tuple[str, str]]) -> list[bool]:
    """Whether each pattern matches its text; fewer answers than searches if the time was up."""
    try:
        done = subprocess.run(  # noqa: S603  our own program; the file's content is only its input
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            input=json.dumps(searches).encode(),
            capture_output=True,
            timeout=LONGEST_WAIT,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return [line == b"1" for line in (late.stdout or b"").split()]
    if done.returncode not in {0, -signal.SIGXCPU, -signal.SIGKILL}:
        raise RuntimeError(f"patterns can't be tried: {done.stderr.decode(errors='replace')}")
    return [line == b"1" for line in done.stdout.split()]


def _params(value: YamlValue, path: KeyPath) -> Iterator[tuple[KeyPath, YamlMapping]]:
    """Every param with a default inside a value."""
    inside: Any = ()
    if isinstance(value, dict):
        if value.get("__type__") == _PARAM and "default" in value:
            yield path, value
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, item in inside:
        if isinstance(item, dict | list):
            yield from _params(item, (*path, key))


def _patterns(param: YamlMapping | Sequence[YamlValue]) -> Iterator[str]:
    """Every pattern of a param, of its items and its keys."""
    for key, item in param.items() if isinstance(param, dict) else enumerate(param):
        if key == "pattern" and isinstance(item, str):
            yield item
        elif key == "patternProperties" and isinstance(item, dict):
            yield from item
        if isinstance(item, dict | list) and key != "default":
            yield from _patterns(item)


def _texts(value: YamlValue) -> Iterator[str]:
    """Every text of a default, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
