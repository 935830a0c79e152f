"""Descriptions of schemas and values for messages."""

from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice
from typing import Any, Final

import yaml

from weather_mlops.pipelines.keys import YamlValue
from weather_mlops.pipelines.schema import Schema

LONGEST: Final = 8
"""Allowed values listed in a message; the schema and the editor have all."""

_KINDS: Final = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
_PATTERNS: Final = {
    "importPath": "an import path: package.module.name",
    "template": 'a template in quotes: "{{ … }}"',
    "duration": "a span of time: {__type__: datetime.timedelta, minutes: 5}",
    "date": "a date: 2026-01-31",
    "function": "a function, by its import path: package.module.name",
    "cron": 'a cron expression in quotes: "0 * * * *"',
    "outputOf": "the result of a task: task_id.output, or a list of default_args: default_args.targets",
    "asset": "an asset: {__type__: airflow.sdk.Asset, name: …, uri: …}",
    "station": "a station's id or name, as in src/weather_mlops/stations.csv",
    "schedule": "a cron expression in quotes, a preset, a list of assets, a span of time, or null",
    "params": "a mapping of names to defaults or to {__type__: airflow.sdk.Param, …}",
    "callback": "an import path, or {callback: import path, …}",
    "deadline": "{after: queued, interval: {__type__: datetime.timedelta, …}, callback: import path}",
    "moment": "a moment: {__type__: datetime.datetime, year: …, month: …, day: …}",
    "clock": "a time of day: {__type__: datetime.time, hour: …}",
    "assets": "a list of assets",
    "timetable": "a timetable: {__type__: airflow.sdk.CronTriggerTimetable, …}",
}


def describe(  # noqa: PLR0911  one return per form of schema
    schema: Schema, resolve: Callable[[str], Schema]
) -> str:
    """What a schema allows, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return _PATTERNS.get(name) or describe(resolve(schema["$ref"]), resolve)
    if "anyOf" in schema:
        options = [describe(branch, resolve) for branch in schema["anyOf"]]
        return ", or ".join(dict.fromkeys(options))
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return f"one of {listed(schema['enum'])}"
    if schema.get("pattern") == "^/":
        return "an absolute path: /…"
    if "pattern" in schema and "description" in schema:
        return str(schema["description"])
    kinds = schema.get("type", [])
    text = " or ".join(_KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)) or "a value"
    if "properties" in schema and "object" in kinds:
        text += f" of {listed(sorted(schema['properties']))}"
    return text + _limits(schema) + _items(schema, resolve)


def kind_of(value: YamlValue) -> str:
    """The type of a value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, date):
        return "a date"
    names: dict[type, str] = {str: "a text", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)


def listed(words: Iterable[Any]) -> str:
    """Words joined by commas, at most ``LONGEST`` of them."""
    known = [str(word) for word in words]
    more = f" … ({len(known)})" if len(known) > LONGEST else ""
    return ", ".join(known[:LONGEST]) + more


def quoted(value: YamlValue) -> str:
    """A value as YAML writes it, shortened if it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  a line of a message


def flow(value: YamlValue) -> str:
    """A value as YAML writes it, in one line, shortened if it is long."""
    if isinstance(value, list | dict):
        text = yaml.safe_dump(
            _beginning(value), default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
        )
        return quoted(text.strip())
    return quoted(value)


def _beginning(value: YamlValue, levels: int = 4) -> YamlValue:
    """The part of a value that a message can show: dumping a large one takes seconds."""
    if isinstance(value, dict):
        return {
            key: _beginning(item, levels - 1) for key, item in islice(value.items(), LONGEST if levels else 0)
        }
    if isinstance(value, list):
        return [_beginning(item, levels - 1) for item in value[: LONGEST * 4 if levels else 0]]
    return value


def _limits(schema: Schema) -> str:
    low, high, below = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f", {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return f", below {below}" if below is not None else ""


def _items(schema: Schema, resolve: Callable[[str], Schema]) -> str:
    items = schema.get("items")
    return f": each {describe(items, resolve)}" if items else ""
