"""Scalars by the rules of YAML 1.1, which dag-factory uses: their values, and surprising ones."""

import re
from typing import Final

import yaml
from yaml.constructor import SafeConstructor

from weather_mlops.pipelines.keys import YamlValue

TAG: Final = "tag:yaml.org,2002:"
PLAIN_TAGS: Final = frozenset(
    TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge")
)
_KINDS: Final = {"int": "number", "float": "number", "timestamp": "date", "bool": "boolean"}
CONVERTED: Final = frozenset(TAG + name for name in ("int", "float", "timestamp"))
"""Tags of numbers and dates, whose text has to be converted."""
_WORDS: Final = {"yes": True, "no": False, "on": True, "off": False}
_SPELLED: Final = {
    TAG + "int": (
        (re.compile(r"[-+]?0[0-7_]+"), "an octal number"),
        (re.compile(r"[-+]?0b[01_]+"), "a binary number"),
        (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+"), "a number in base 60"),
        (re.compile(r"[-+]?[0-9]*_[0-9_]*"), "a number, where newer YAML reads text"),
    ),
    TAG + "float": (
        (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*"), "a number in base 60"),
        (re.compile(r"[-+]?[0-9_]*_[0-9_]*\.?[0-9_]*"), "a number, where newer YAML reads text"),
        (re.compile(r"[-+]?\.inf", re.IGNORECASE), "infinity"),
        (re.compile(r"\.nan", re.IGNORECASE), "not a number"),
    ),
}
_LIKE_NUMBERS: Final = re.compile(r"0o[0-7]+|[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|0[0-9]*[89][0-9]*")
_STRAY_QUOTE: Final = re.compile(r"""^[^'"]*\s['"]$""")

_constructor = SafeConstructor()


def value_of(node: yaml.ScalarNode) -> YamlValue:
    """The Python value of a scalar.

    Raises:
        ValueError: it looks like a number or a date, but isn't valid.
    """
    text: str = node.value
    if node.tag == TAG + "str" or node.tag not in PLAIN_TAGS:
        return text
    try:
        value: YamlValue = _constructor.construct_object(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    return value


def kind(tag: str) -> str:
    """The type that a tag means, in a word."""
    name = tag.removeprefix(TAG)
    return _KINDS.get(name, name)


def written_tag(tag: str) -> str:
    """A tag as people write it: ``!!python/name:os.system``."""
    return tag.replace(TAG, "!!")


def trap(text: str, tag: str) -> tuple[str, str] | None:
    """What is surprising about an unquoted word, and the fix; None if nothing is."""
    if text.lower() in _WORDS and tag == TAG + "bool":
        meant = str(_WORDS[text.lower()]).lower()
        return (
            f"{text} is read as {meant}, or as text, depending on the reader",
            f'write {meant}, or "{text}" in quotes for the text',
        )
    for form, what in _SPELLED.get(tag, ()):
        if form.fullmatch(text):
            return (
                f"{text} is read as {what}{_reading(text, tag)}",
                f'write the plain number, or "{text}" in quotes for the text',
            )
    if tag == TAG + "str" and _STRAY_QUOTE.search(text):
        return (
            f"{text} ends in a quote without an opening one",
            "remove the quote, or put quotes around all of it",
        )
    if tag == TAG + "str" and _LIKE_NUMBERS.fullmatch(text):
        return (
            f"{text} looks like a number, but is read as text",
            f'write {text.lstrip("0")}, or "{text}" in quotes for the text'
            if text.isdecimal()
            else f'write it in plain digits, or "{text}" in quotes for the text',
        )
    return None


def _reading(text: str, tag: str) -> str:
    try:
        return f": {value_of(yaml.ScalarNode(tag, text))}"
    except ValueError:
        return ""
