"""Arguments of operators: from their constructors' source and their docstrings.

The source tells the same on every Python; types at runtime are spelled differently from version to version.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

REQUIRED: Final = object()
LONGEST: Final = 400  # characters of a description: hover text, not a manual


@dataclass(frozen=True)
class Argument:
    """An argument of a constructor.

    Attributes:
        name: as in YAML.
        annotation: of the source; None where it has none.
        default: REQUIRED where there is none.
        about: its description.
        templated: whether Jinja is rendered in it.
    """

    name: str
    annotation: ast.expr | None
    default: Any
    about: str
    templated: bool


def arguments(operator: type, base: type) -> dict[str, Argument]:
    """Arguments of a class and of its bases, up to a base that is known already; the nearest one counts."""
    templated = set(getattr(operator, "template_fields", ()))
    classes = [kind for kind in operator.__mro__ if "__init__" in vars(kind)]
    texts: dict[str, str] = {}
    for kind in operator.__mro__:
        for name, text in described(kind).items():
            texts.setdefault(name, text)
        if kind is base:
            break
    found: dict[str, Argument] = {}
    for kind in classes:
        if kind is base or kind is object:
            break
        function = inspect.unwrap(vars(kind)["__init__"])
        for name, annotation, default in _parameters(function):
            about = texts.get(name, "")
            found.setdefault(name, Argument(name, annotation, default, about, name in templated))
        if not _takes_more(function):
            break
    return dict(sorted(found.items()))


def base_arguments(base: type) -> dict[str, Argument]:
    """Arguments of one class alone."""
    texts = described(base)
    templated = set(getattr(base, "template_fields", ()))
    function = inspect.unwrap(base.__init__)  # type: ignore[misc]
    return {
        name: Argument(name, annotation, default, texts.get(name, ""), name in templated)
        for name, annotation, default in _parameters(function)
    }


def summary(kind: type) -> str:
    """The first paragraph of a class's docstring."""
    text = inspect.cleandoc(kind.__doc__ or "").split("\n\n", 1)[0]
    return _plain(text)


def described(kind: type) -> dict[str, str]:
    """Descriptions by argument, of a class and its constructor: of Google's style and of Sphinx's."""
    found: dict[str, str] = {}
    for doc in (vars(kind).get("__doc__"), getattr(vars(kind).get("__init__"), "__doc__", None)):
        if isinstance(doc, str):
            text = inspect.cleandoc(doc)
            found = {**dict(_google(text)), **dict(_sphinx(text)), **found}
    return found


def _google(doc: str) -> Iterator[tuple[str, str]]:
    section = re.search(r"^(?:Args|Attributes):\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    if section is None:
        return
    body = textwrap.dedent(section.group(1))
    for entry in re.split(r"\n(?=\w)", body):
        name, _, text = entry.partition(":")
        yield name.strip(), _plain(text)


def _sphinx(doc: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"^:param (?:\w+ )?(\w+):(.*?)(?=^:|\Z)", doc, re.MULTILINE | re.DOTALL):
        yield found.group(1), _plain(found.group(2).split("\n\n", 1)[0])


def _plain(text: str) -> str:
    """In one line, without markup, cut at the end of a sentence."""
    text = re.sub(r":\w+:`~?([^`<]*)(?:<[^`]*)?`", r"\1", " ".join(text.split())).replace("``", "`").strip()
    if len(text) <= LONGEST:
        return text
    head = text[:LONGEST]
    return head[: head.rfind(". ") + 1] or head.rsplit(" ", 1)[0] + " …"


def _parameters(function: Any) -> Iterator[tuple[str, ast.expr | None, Any]]:
    known = inspect.signature(function).parameters
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef)  # noqa: S101  the source of a function
    for argument in [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]:
        if argument.arg == "self":
            continue
        default, told = known[argument.arg].default, known[argument.arg].annotation
        written = (
            ast.parse(told, mode="eval").body if isinstance(told, str) else None
        )  # attrs writes no source
        annotation = argument.annotation or written
        yield argument.arg, annotation, REQUIRED if default is inspect.Parameter.empty else default


def _takes_more(function: Any) -> bool:
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds
