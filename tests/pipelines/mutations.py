"""Ways to damage a YAML file, each a single slip: of a finger, of an indentation, of a copied line."""

import copy
from collections.abc import Iterator
from typing import Any

from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.parser import parse

Path = tuple[str | int, ...]
WRONG: tuple[Any, ...] = ("some text", 12345.5, True, None, [], {"some": "text"})


def damages(document: YamlDocument) -> Iterator[tuple[str, YamlDocument]]:
    """What was done, and the damaged document."""
    lines = {text: what for what, text in of_lines(document.text)}
    yield from ((what, parse(text, document.path)) for text, what in lines.items())
    # A value says the same however it is written: it need not be written and parsed again.
    yield from ((what, YamlDocument(document.path, data=data)) for what, data in of_values(document.data))


def of_values(data: Any) -> Iterator[tuple[str, Any]]:
    for path, value in places(data):
        name = "/".join(map(str, path))
        if isinstance(path[-1], str):
            yield f"left out: {name}", without(data, path)
            yield f"key mistyped: {name}", renamed(data, path, mistyped(path[-1]))
            yield f"key in capitals: {name}", renamed(data, path, path[-1].upper())
        if isinstance(value, str):
            yield f"value mistyped: {name}", replaced(data, path, mistyped(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"value negative: {name}", replaced(data, path, -value - 1)
            yield f"value in quotes: {name}", replaced(data, path, str(value))
        for wrong in WRONG:
            if wrong != value:
                yield f"value {wrong!r}: {name}", replaced(data, path, wrong)


def of_lines(text: str) -> Iterator[tuple[str, str]]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.strip() or line.strip().startswith("#"):
            continue
        position = f"line {number + 1}: {line.strip()[:40]}"
        changed = {
            "left out": [],
            "twice": [line, line],
            "indented by one": [" " + line],
            "indented by two": ["  " + line],
            "outdented by one": [line[1:]] if line.startswith(" ") else [line],
            "outdented by two": [line[2:]] if line.startswith("  ") else [line],
            "with a tab": ["\t" + line.lstrip()],
            "without its colon": [line.replace(":", "", 1)],
            "without the space after the colon": [line.replace(": ", ":", 1)],
            "with an open quote": [line + " '"],
        }
        for what, instead in changed.items():
            if instead != [line]:
                yield (
                    f"{what}: {position}",
                    "\n".join([*lines[:number], *instead, *lines[number + 1 :]]) + "\n",
                )


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key), item
        yield from places(item, (*path, key))


def mistyped(word: str) -> str:
    """Two letters that changed places, or one too many."""
    for at in range(len(word) // 2, len(word) - 1):
        if word[at] != word[at + 1] and word[at : at + 2].isalpha():
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return f"{word}x"


def without(data: Any, path: Path) -> Any:
    return replaced(
        data, path[:-1], {key: value for key, value in at(data, path[:-1]).items() if key != path[-1]}
    )


def replaced(data: Any, path: Path, value: Any) -> Any:
    """A copy with another value there; it shares all the others."""
    if not path:
        return value
    copied = copy.copy(data)
    copied[path[0]] = replaced(data[path[0]], path[1:], value)
    return copied


def renamed(data: Any, path: Path, name: str) -> Any:
    inside = at(data, path[:-1])
    return replaced(
        data, path[:-1], {name if key == path[-1] else key: value for key, value in inside.items()}
    )


def at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
