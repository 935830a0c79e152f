"""Arguments of operators, from the source of their constructors and from their docstrings.

The source is the same for every version of Python; types at runtime are spelled differently.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

REQUIRED: Final = object()
LONGEST: Final = 400  # characters of a description, which editors show on hover


@dataclass(frozen=True)
class Argument:
    """An argument of a constructor.

    Attributes:
        name: as in YAML.
        annotation: its annotation in the source; None if there is none.
        default: its default; REQUIRED if there is none.
        about: its description.
        templated: whether Jinja is rendered in it.
    """

    name: str
    annotation: ast.expr | None
    default: Any
    about: str
    templated: bool


def arguments(operator: type, base: type) -> dict[str, Argument]:
    """Arguments of a class and its bases up to ``base``; the nearest definition takes precedence."""
    templated = set(getattr(operator, "template_fields", ()))
    classes = [kind for kind in operator.__mro__ if "__init__" in vars(kind)]
    texts: dict[str, str] = {}
    for kind in operator.__mro__:
        for name, text in described(kind).items():
            texts.setdefault(name, text)
        if kind is base:
            break
    collected: dict[str, Argument] = {}
    for kind in classes:
        if kind is base or kind is object:
            break
        function = inspect.unwrap(vars(kind)["__init__"])
        for name, annotation, default in _parameters(function):
            about = texts.get(name, "")
            collected.setdefault(name, Argument(name, annotation, default, about, name in templated))
        if not _takes_more(function):
            break
    return dict(sorted(collected.items()))


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
    """Descriptions by argument, from the docstrings of a class and its constructor, of either style."""
    texts: dict[str, str] = {}
    for doc in (vars(kind).get("__doc__"), getattr(vars(kind).get("__init__"), "__doc__", None)):
        if isinstance(doc, str):
            text = inspect.cleandoc(doc)
            texts = {**dict(_google(text)), **dict(_sphinx(text)), **texts}
    return texts


def _google(doc: str) -> Iterator[tuple[str, str]]:
    section = re.search(r"^(?:Args|Attributes):\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    if section is None:
        return
    body = textwrap.dedent(section.group(1))
    for entry in re.split(r"\n(?=\w)", body):
        name, _, text = entry.partition(":")
        yield name.strip(), _plain(text)


def _sphinx(doc: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"^:param (?:\w+ )?(\w+):(.*?)(?=^:|\Z)", doc, re.MULTILINE | re.DOTALL):
        yield match.group(1), _plain(match.group(2).split("\n\n", 1)[0])


def _plain(text: str) -> str:
    """A text in one line, without markup, cut at the end of a sentence."""
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
        default, runtime = known[argument.arg].default, known[argument.arg].annotation
        # For constructors that attrs generates, which have no annotations in the source.
        written = ast.parse(runtime, mode="eval").body if isinstance(runtime, str) else None
        annotation = argument.annotation or written
        yield argument.arg, annotation, REQUIRED if default is inspect.Parameter.empty else default


def _takes_more(function: Any) -> bool:
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds
