"""Our texts in the answers that Airflow's API gives to its own UI, for a Korean reader.

Airflow has one text per name and description, whatever the reader's language. What a pipeline's YAML says
stays as it is; texts that we deliver are replaced, and notes in both languages begin with the Korean one.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from weather_mlops.pages.messages import MESSAGES
from weather_mlops.pages.messages.airflow import BUTTONS, PARAMS, PIPELINES
from weather_mlops.pages.visit import NAVIGATION

Translator: TypeAlias = Callable[[Any], Any]
"""From an answer's JSON to the same in Korean; what it doesn't expect it returns as it is."""

_LATIN_PER_HANGUL: Final = 3
"""Latin letters that say about as much as one of Hangul."""
_CODE: Final = re.compile(r"`[^`]*`|\w+_\w*")
"""Code, and the names of tasks and alerts."""
_HANGUL: Final = re.compile("[가-힣]")
_LATIN: Final = re.compile("[A-Za-z]")
_FENCE: Final = "```"


def translator(path: str) -> Translator | None:
    """What translates the answers of a path; None = they have no text of ours.

    Args:
        path: of the request, with or without the prefix that the API server has.
    """
    return next((translate for pattern, translate in _ANSWERS if pattern.search(path)), None)


@lru_cache(maxsize=1)
def korean_texts() -> dict[str, str]:
    """The Korean text of each English one that we deliver."""
    pages = [MESSAGES[name] for name, _ in NAVIGATION]
    return {text.en: text.ko for text in (*pages, *BUTTONS, *PIPELINES, *PARAMS)}


def korean_first(note: Any) -> Any:
    """A note in Markdown with each Korean part before the English part that it follows.

    Parts stay below their heading: dag-factory adds a section with the YAML to the notes of a DAG.
    """
    return "".join(map(_swapped, _sections(note))) if isinstance(note, str) else note


def _sections(note: str) -> list[str]:
    """A note in pieces that begin with a heading, the first one perhaps without."""
    sections, in_code = [""], False
    for line in note.splitlines(keepends=True):
        in_code ^= line.startswith(_FENCE)
        if line.startswith("#") and not in_code:
            sections.append("")
        sections[-1] += line
    return sections


def _swapped(section: str) -> str:
    first_line, end_of_line, rest = section.partition("\n")
    heading, body = (first_line + end_of_line, rest) if section.startswith("#") else ("", section)
    parts, is_korean = [""], False
    for paragraph in _paragraphs(body):
        if _is_korean(paragraph) not in {None, is_korean}:
            parts.append("")
            is_korean = not is_korean
        parts[-1] += f"{paragraph.strip()}\n\n"
    # Parts alternate, and the first one is English, perhaps empty.
    pairs = zip(parts[1::2], parts[::2], strict=False)
    swapped = [korean + english for korean, english in pairs] + parts[len(parts) // 2 * 2 :]
    changed = "".join(swapped)
    if changed == "".join(parts):
        return section
    return heading + changed.rstrip() + section[len(section.rstrip()) :]


def _paragraphs(text: str) -> list[str]:
    """Pieces between blank lines; code with blank lines is one piece."""
    paragraphs = [""]
    for piece in text.split("\n\n"):
        if paragraphs[-1].count(_FENCE) % 2:
            paragraphs[-1] += f"\n\n{piece}"
        else:
            paragraphs.append(piece)
    return [paragraph for paragraph in paragraphs if paragraph.strip()]


def _is_korean(paragraph: str) -> bool | None:
    """Whether it is; None = it has no words."""
    words = _CODE.sub("", paragraph)
    hangul, latin = len(_HANGUL.findall(words)), len(_LATIN.findall(words))
    return _LATIN_PER_HANGUL * hangul > latin if hangul or latin else None


def _text(english: Any) -> Any:
    return korean_texts().get(english, english) if isinstance(english, str) else english


def _names(links: Any) -> Any:
    """An object with its names in Korean; the same one if two would have one name."""
    if not isinstance(links, dict):
        return links
    named = {_text(name): link for name, link in links.items()}
    return named if len(named) == len(links) else links


def _each(change: Translator, items: Any) -> Any:
    if isinstance(items, dict):
        return {name: change(item) for name, item in items.items()}
    return [change(item) for item in items] if isinstance(items, list) else items


def _fields(changes: dict[str, Translator], answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return answer | {name: change(answer[name]) for name, change in changes.items() if name in answer}


_described: Final = partial(_fields, {"description": _text})
_view: Final = partial(_fields, {"name": _text})
_plugin: Final = partial(_fields, {"external_views": partial(_each, _view)})
_plugins: Final = partial(_fields, {"plugins": partial(_each, _plugin)})
_links: Final = partial(_fields, {"extra_links": _names})
_task: Final = partial(_fields, {"doc_md": korean_first})
_dag: Final = partial(
    _fields, {"description": _text, "doc_md": korean_first, "params": partial(_each, _described)}
)
_dags: Final = partial(_fields, {"dags": partial(_each, _described)})

_ANSWERS: Final[tuple[tuple[re.Pattern[str], Translator], ...]] = tuple(
    (re.compile(rf"/api/v2/{path}$"), translate)
    for path, translate in (
        ("plugins", _plugins),
        ("dags", _dags),
        ("dags/[^/]+(/details)?", _dag),
        ("dags/[^/]+/tasks/[^/]+", _task),
        ("dags/[^/]+/dagRuns/[^/]+/taskInstances/[^/]+/links", _links),
    )
)
