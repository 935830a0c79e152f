"""Limits from YAML, by their names."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from weather_mlops.errors import Misconfigured

Kind = TypeVar("Kind")
FromYaml = Mapping[str, Any]
"""Limits as a pipeline's YAML has them: values of any type, checked by nobody yet."""


def limits_of(kind: type[Kind], title: str, given: FromYaml) -> Kind:
    """Read limits from YAML; an unknown name is refused.

    Args:
        kind: dataclass whose fields are the names of the limits.
        title: name of the group of limits in the YAML, for the message.
        given: limits from the YAML.

    Raises:
        Misconfigured: an unknown name.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if unknown := sorted(set(given) - set(known)):
        raise Misconfigured(f"{title}: {', '.join(unknown)}: unknown; known are {', '.join(known)}")
    return kind(**given)
