"""Python's types as JSON Schema."""

import ast
import os
from collections.abc import Iterable
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from weather_mlops.pipelines.schema import Schema

ANY: Final[Schema] = {}
NULL: Final[Schema] = {"type": "null"}
REFUSED: Final = None
"""The schema of what YAML can't express: functions, objects."""

_SIMPLE: Final[dict[str, Schema]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": NULL,
    "dict": {"type": "object"},
    "Mapping": {"type": "object"},
    "MutableMapping": {"type": "object"},
    "PlanDocument": {"type": "object"},
    "list": {"type": "array"},
    "tuple": {"type": "array"},
    "set": {"type": "array"},
    "Sequence": {"type": "array"},
    "Iterable": {"type": "array"},
    "Collection": {"type": "array"},
    "timedelta": {"$ref": "#/$defs/duration"},
    "datetime": {"$ref": "#/$defs/moment"},
    "DateTime": {"$ref": "#/$defs/moment"},
    "time": {"$ref": "#/$defs/clock"},
    "DagRunState": {"type": "string"},
    "TaskInstanceState": {"type": "string"},
    "Timezone": {"type": "string"},
    "FixedTimezone": {"type": "string"},
}
_NOT_IN_YAML: Final = {
    *("Callable", "TaskPreExecuteHook", "TaskPostExecuteHook", "RetryPolicy", "DAG", "TaskGroup"),
    *(
        "ArgNotSet",
        "bytes",
        "PathLike",
        "ObjectStoragePath",
        "relativedelta",
        "AssetWatcher",
        "AssetAccessControl",
    ),
}


def schema_of(annotation: ast.expr | None) -> Schema | None:  # noqa: PLR0911  one return per form
    """The schema of an annotation: anything for an unknown type, ``REFUSED`` for a function."""
    match annotation:
        case None:
            return ANY
        case ast.Constant(value=None):
            return NULL
        case ast.Constant(value=str(text)):
            return schema_of(ast.parse(text, mode="eval").body)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return any_of([schema_of(left), schema_of(right)])
        case ast.Subscript(value=value, slice=inside):
            return _generic(_name(value), inside)
        case ast.Name() | ast.Attribute():
            name = _name(annotation)
            return REFUSED if name in _NOT_IN_YAML else _SIMPLE.get(name, ANY).copy()
    return ANY


def any_of(schemas: Iterable[Schema | None]) -> Schema | None:
    """One of several."""
    known = [schema for schema in schemas if schema is not None]
    if not known or known == [NULL]:
        return REFUSED
    if ANY in known:
        return ANY
    flat = [part for schema in known for part in schema.get("anyOf", [schema])]
    simple = [part["type"] for part in flat if set(part) == {"type"}]
    others = [part for part in flat if set(part) != {"type"}]
    kinds = [kind for one in simple for kind in ([one] if isinstance(one, str) else one)]
    names = list(dict.fromkeys(kinds))
    first: list[Schema] = [{"type": names[0] if len(names) == 1 else names}] if names else []
    parts = [*first, *others]
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def json_value(value: Any) -> Any:
    """A default as a value of YAML; None if YAML can't express it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return {"__type__": "datetime.timedelta", "seconds": int(value.total_seconds())}
    if isinstance(value, str) and os.environ["AIRFLOW_HOME"] in value:
        return None  # differs between machines
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str | int | float) for item in value):
        return list(value)
    return None


def _generic(name: str, inside: ast.expr) -> Schema | None:  # noqa: PLR0911  one return per form
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if name == "Optional":
        return any_of([schema_of(parts[0]), NULL])
    if name == "Union":
        return any_of(map(schema_of, parts))
    if name == "Literal":
        return {"enum": [ast.literal_eval(part) for part in parts]}
    if name in _NOT_IN_YAML:
        return REFUSED
    plain = _SIMPLE.get(name, ANY).copy()
    if plain.get("type") == "array" and parts:
        items = schema_of(parts[0])
        if items is None:
            return REFUSED
        if items:
            plain["items"] = items
    if plain.get("type") == "object" and len(parts) > 1 and (values := schema_of(parts[1])):
        return {**plain, "additionalProperties": values}
    return plain


def _name(expression: ast.expr) -> str:
    return expression.attr if isinstance(expression, ast.Attribute) else getattr(expression, "id", "")
