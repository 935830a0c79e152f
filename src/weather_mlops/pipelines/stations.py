"""Stations in YAML, and what to write instead if they are not a list of known ones."""

from typing import Final, TypeGuard

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines.describe import quoted
from weather_mlops.pipelines.findings import did_you_mean
from weather_mlops.pipelines.keys import YamlValue
from weather_mlops.pipelines.schema import Schema
from weather_mlops.stations import ALL, resolve_station_ids, stations_by_id

TITLE: Final = "station of the KMA"
"""Title of the schema of one station."""
REFERENCE: Final[Schema] = {"$ref": "#/$defs/station"}
LONGEST: Final = 2000
"""Characters of a text: the names of all stations have fewer, and each one is looked up."""
LONGEST_NAME: Final = 60
LIST: Final = "write all, or a list of ids and names: [108, 제주]"


def is_list(schema: Schema) -> bool:
    """Whether a schema asks for ``all`` or a list of stations."""
    return any(branch.get("items") == REFERENCE for branch in schema.get("anyOf", ()))


def text_fault(text: str, *, templated: bool) -> tuple[str, str] | None:
    """What is wrong with a text instead of a list of stations, and the fix; None if it is allowed.

    Args:
        text: the text.
        templated: whether templates are rendered here.
    """
    if text == ALL or (templated and "{" in text):
        return None
    if "{{" in text:
        return f"{quoted(text)} is a template, but no template is rendered here", (
            "write the list itself, or the template at the task: stations: {{ … }} in quotes"
        )
    if len(text) > LONGEST or not text.strip():
        return f"stations is a text of {len(text):,} characters" if text else "stations is empty", LIST
    try:
        resolve_station_ids(text)
    except Misconfigured as error:
        if did_you_mean(text.strip(), [ALL]):
            return f"{quoted(text)} is not a list of stations; did you mean {ALL}?", f"write {ALL}"
        return _sentence(error), LIST
    names = ", ".join(str(_written(part.strip())) for part in text.split(",") if part.strip())
    return f"{quoted(text)} is a text, not a list of stations", f"write a list: [{names}]"


def item_fault(value: YamlValue) -> tuple[str, str] | None:
    """What is wrong with an item of a list of stations, and the fix; None if it is simply unknown."""
    if isinstance(value, float) and value.is_integer():
        return f"{value} is not a whole number, as the id of a station is", f"write {int(value)}"
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        return None
    return _name_fault(value) if value != ALL else ("all is in a list", "write it without brackets: all")


def _name_fault(value: str) -> tuple[str, str] | None:
    try:
        (station,) = resolve_station_ids([value])
    except Misconfigured as error:
        several = "is the name of several" in str(error)
        return (_sentence(error), "write the id of the one you mean") if several else None
    except ValueError:  # several in one text
        return f"{quoted(value)} are several stations in one text", "write each as an item of its own"
    if value.strip().isdecimal():
        return f'"{value}" is a text, not the id of a station', f"write the number without quotes: {station}"
    name = _written(value)
    return f"{quoted(value)} is not a valid {TITLE}; did you mean {name}?", f"write {name}, or {station}"


def identity(value: YamlValue) -> YamlValue:
    """The id of a station given by id or name; any other value unchanged."""
    try:
        ids = resolve_station_ids([value]) if isinstance(value, int) or _is_name(value) else []
    except Misconfigured:
        return value
    return ids[0] if len(ids) == 1 else value


def _is_name(value: YamlValue) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _written(name: str) -> int | str:
    """A station as the schema has it: its id if a number is given, else its name."""
    try:
        ids = resolve_station_ids([name])
    except Misconfigured:
        return name
    if name.isdecimal() or len(ids) != 1:
        return int(name) if name.isdecimal() else name
    known = stations_by_id()[ids[0]]
    return next(
        (own for own in (known.korean, known.english) if own.casefold() == name.casefold()), known.korean
    )


def _sentence(error: Misconfigured) -> str:
    return str(error).removeprefix("stations: ").partition(". Ids and names are in")[0]
