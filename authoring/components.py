"""Parts of the schema that no signature has: durations, datetimes, schedules, callbacks, params, objects."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from authoring.translations import KeyDescription
from weather_mlops.pipelines.dates import FORM
from weather_mlops.pipelines.keys import ANCHORS, FROM_DEFAULT_ARGS, PRESETS
from weather_mlops.pipelines.schema import Schema

IMPORT_PATH: Final = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"
ID: Final = r"^[\w.\-]{1,250}$"
FREE: Final[dict[str, Schema]] = {
    f"^{ANCHORS}": {"description": "anchors of YAML, for the rest of the file: anything"}
}
"""Keys of a file that are not pipelines."""
MOST: Final = 1_000_000
"""Limit of a count: Airflow's database stores it in 32 bits, and Airflow adds to it."""
LONGEST: Final = timedelta(days=3653)
"""Limit of a duration, ten years: Airflow adds it to the time, and an overflow stops the scheduler."""
POSITIVE: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": MOST}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": MOST}
SECONDS: Final[Schema] = {"type": "number", "minimum": 0, "maximum": int(LONGEST.total_seconds())}
UNITS: Final = ("weeks", "days", "hours", "minutes", "seconds")

# No EventsTimetable: Airflow 3.3.2 can't serialise it.
TIMETABLES: Final = {
    "airflow.sdk.CronTriggerTimetable": "by a cron expression, a run at each of its times",
    "airflow.sdk.CronDataIntervalTimetable": "by a cron expression, for the interval that ends then",
    "airflow.sdk.MultipleCronTriggerTimetable": "by several cron expressions, given in __args__",
    "airflow.sdk.DeltaTriggerTimetable": "after each span of time",
    "airflow.sdk.DeltaDataIntervalTimetable": "after each span of time, for the interval that ends then",
    "airflow.sdk.AssetOrTimeSchedule": "when assets were updated, and also by a timetable",
}
ASSETS: Final = {
    "airflow.sdk.Asset": "something that tasks update and pipelines wait for",
    "airflow.sdk.AssetAlias": "a name that tasks resolve to assets while they run",
    "airflow.sdk.AssetAll": "all of several assets, given in __args__",
    "airflow.sdk.AssetAny": "any of several assets, given in __args__",
}
OBJECTS: Final = {
    "datetime.timedelta": "duration",
    "datetime.datetime": "moment",
    "datetime.time": "clock",
    "airflow.sdk.Param": "param",
}
"""Classes that YAML may create objects of, with their definitions, in addition to the ones above."""


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def typed(path: str, about: str, properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """Schema of an object that YAML creates from a class by its import path."""
    return {
        "title": path,
        "description": about,
        "type": "object",
        "additionalProperties": False,
        "required": ["__type__", *required],
        "properties": {"__type__": {"const": path}, **properties},
    }


def one_of_types(definitions: dict[str, str]) -> Schema:
    """Any of several classes, each with its own definition, selected by ``__type__``."""
    return {
        "type": "object",
        "required": ["__type__"],
        "properties": {"__type__": {"enum": list(definitions)}},
        "allOf": [
            {"if": {"properties": {"__type__": {"const": path}}, "required": ["__type__"]}, "then": ref(name)}
            for path, name in definitions.items()
        ],
    }


def worded(schemas: Mapping[str, Schema], words: Mapping[str, KeyDescription]) -> dict[str, Schema]:
    """Schemas with our own descriptions, where there are any."""
    return {
        name: {**schema, **({"description": words[name].english} if name in words else {})}
        for name, schema in schemas.items()
    }


def _amount(unit: str) -> Schema:
    longest = int(LONGEST / timedelta(**{unit: 1}))
    return {"type": "number", "minimum": 0, "maximum": longest, "description": unit}


DEFINITIONS: Final[dict[str, Schema]] = {
    "template": {"type": "string", "pattern": r"\{[{%]", "description": "a Jinja template"},
    "plainText": {"type": "string", "not": {"pattern": r"\{[{%]"}},
    "connection": {
        "type": "string",
        "pattern": r"^[\w#!()\-.:/\\]+$",
        "description": "the id of an Airflow connection",
    },
    "importPath": {
        "type": "string",
        "pattern": IMPORT_PATH,
        "description": "a function or a class, by its import path: package.module.name",
    },
    "function": {
        "type": "string",
        "pattern": IMPORT_PATH,
        "description": "a function, by its import path: package.module.name",
    },
    "duration": {
        **typed(
            "datetime.timedelta",
            "a span of time: {__type__: datetime.timedelta, minutes: 5}",
            {unit: _amount(unit) for unit in UNITS},
        ),
        "minProperties": 2,
        "defaultSnippets": [
            {"label": f"{unit}", "body": {"__type__": "datetime.timedelta", unit: 1}} for unit in UNITS[1:]
        ],
    },
    "date": {
        "type": "string",
        "pattern": FORM,
        "format": "date",
        "description": "a day, 2026-01-31, or a time, 2026-01-31 09:00, in the pipeline's time zone, "
        "or a time with its own offset, 2026-01-31T00:00+00:00",
    },
    "moment": typed(
        "datetime.datetime",
        "a moment, UTC",
        {
            **{name: {"type": "integer", "minimum": 1} for name in ("year", "month", "day")},
            **{name: {"type": "integer", "minimum": 0} for name in ("hour", "minute", "second")},
        },
        ("year", "month", "day"),
    ),
    "clock": typed(
        "datetime.time",
        "a time of day",
        {
            "hour": {"type": "integer", "minimum": 0, "maximum": 23},
            "minute": {"type": "integer", "minimum": 0, "maximum": 59},
            "second": {"type": "integer", "minimum": 0, "maximum": 59},
        },
        ("hour",),
    ),
    "callback": {
        "description": "the function to call: an import path, or {callback: import path, and its arguments}",
        "anyOf": [
            ref("importPath"),
            {"type": "object", "required": ["callback"], "properties": {"callback": ref("importPath")}},
        ],
    },
    "cron": {
        "type": "string",
        "format": "cron",
        "pattern": r"^\s*(@\w+|\S+(\s+\S+){4})\s*$",
        "description": "minute hour day month weekday, or a preset",
        "examples": ["0 * * * *", "*/30 * * * *", "0 2 * * *", "0 6 * * MON-FRI", *PRESETS],
    },
    "asset": {
        "description": "an asset by its name and URI, or by its URI alone",
        "anyOf": [
            {"type": "string", "minLength": 1},
            one_of_types({path: path for path in ASSETS}),
        ],
    },
    "assetObjects": {
        "type": "array",
        "minItems": 2,
        "items": {
            "anyOf": [one_of_types({path: path for path in ASSETS}), ref("anyOfAssets"), ref("allOfAssets")]
        },
    },
    "assetArguments": {
        "type": "array",
        "minItems": 1,
        "items": {
            "anyOf": [one_of_types({path: path for path in ASSETS}), ref("anyOfAssets"), ref("allOfAssets")]
        },
    },
    "anyOfAssets": {
        "title": "any of several assets",
        "type": "object",
        "additionalProperties": False,
        "required": ["__or__"],
        "properties": {"__or__": ref("assetObjects")},
    },
    "allOfAssets": {
        "title": "all of several assets",
        "type": "object",
        "additionalProperties": False,
        "required": ["__and__"],
        "properties": {"__and__": ref("assetObjects")},
    },
    "assets": {"type": "array", "items": ref("asset"), "minItems": 1},
    "timetable": one_of_types({path: path for path in TIMETABLES}),
    "schedule": {
        "description": "a cron expression, a preset, a span of time, assets, a timetable; null: by hand",
        "anyOf": [
            {"type": "null"},
            ref("cron"),
            ref("assets"),
            ref("anyOfAssets"),
            ref("allOfAssets"),
            one_of_types(
                {"datetime.timedelta": "duration", **{path: path for path in (*ASSETS, *TIMETABLES)}}
            ),
        ],
    },
    "deadline": {
        "title": "deadline",
        "description": "notifies when a run isn't finished in time",
        "type": "object",
        "additionalProperties": False,
        "required": ["after", "interval", "callback"],
        "properties": {
            "after": {
                "enum": ["queued", "logical_date"],
                "description": "the start of the interval: when the run was queued, or its logical date",
            },
            "interval": {**ref("duration"), "description": "how long a run may take"},
            "callback": {**ref("importPath"), "description": "a function or a notifier, by its import path"},
            "arguments": {"type": "object", "description": "arguments of the callback"},
        },
    },
    "param": typed(
        "airflow.sdk.Param",
        "an input of the form at Trigger",
        {
            "default": {"description": "the value if nothing is entered"},
            "description": {"type": "string", "description": "shown next to the field"},
            "title": {"type": "string", "description": "shown above the field"},
            "section": {"type": "string", "description": "fields of one section are shown together"},
            "description_md": {"type": "string", "description": "the same in Markdown"},
            "type": {
                "description": "one of JSON's types, or several",
                "anyOf": [ref("jsonType"), {"type": "array", "items": ref("jsonType"), "minItems": 1}],
            },
            "format": {
                "enum": [
                    "date",
                    "date-time",
                    "time",
                    "email",
                    "uri",
                    "multiline",
                    "regex",
                    "uuid",
                    "ipv4",
                    "ipv6",
                ],
                "description": "of a string",
            },
            "enum": {"type": "array", "minItems": 1, "description": "the values to choose from"},
            "const": {"description": "the one value"},
            "examples": {"type": "array", "description": "suggestions"},
            "values_display": {"type": "object", "description": "labels of the values of enum"},
            **{
                name: {"type": "number"}
                for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
            },
            **{
                name: {"type": "integer", "minimum": 0}
                for name in ("minLength", "maxLength", "minItems", "maxItems")
            },
            "pattern": {"type": "string", "description": "a regular expression that a string matches"},
            "uniqueItems": {"type": "boolean"},
            "items": {"type": "object", "description": "a schema of an array's items"},
            "properties": {"type": "object", "description": "schemas of an object's keys"},
            "required": {"type": "array", "items": {"type": "string"}},
            "additionalProperties": {"type": "boolean"},
        },
    ),
    "jsonType": {"enum": ["string", "integer", "number", "boolean", "array", "object", "null"]},
    "params": {
        "description": "inputs of the form at Trigger, by name: a default, or a Param with its type",
        "type": "object",
        "additionalProperties": {
            "anyOf": [{"type": ["string", "number", "boolean", "null", "array"]}, ref("param")],
        },
    },
    "outputOf": {
        "type": "string",
        "pattern": rf"^([\w.\-]+\.output|XcomArg\([\w.\-]+\))$|{FROM_DEFAULT_ARGS}",
        "description": "what another task returns, task_id.output, or a list: default_args.targets",
    },
}
