"""Limits from YAML: each by its name, and no other."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from weather_mlops.errors import Misconfigured

Kind = TypeVar("Kind")


def limits_of(kind: type[Kind], title: str, given: Mapping[str, Any]) -> Kind:
    """Limits of a kind, a dataclass whose fields are their names.

    Args:
        kind: the dataclass.
        title: what the YAML calls them, for the message.
        given: from the YAML.

    Raises:
        Misconfigured: an unknown name.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if unknown := sorted(set(given) - set(known)):
        raise Misconfigured(f"{title}: {', '.join(unknown)}: unknown; known are {', '.join(known)}")
    return kind(**given)
