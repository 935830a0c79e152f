"""How a check speaks of what it found: who is meant, what was said, what is allowed."""

from collections.abc import Mapping
from typing import Any, Final

from weather_mlops.pipelines.describe import describe, flow, quoted
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.pipelines.keys import KeyPath

Schema = Mapping[str, Any]

OF_KEYS: Final = frozenset(
    ("unknown-key", "refused-key", "missing-key", "bad-id", "no-pipeline", "no-value", "empty", "list-length")
)
"""Rules about a key; all others are about a value, and are shown there."""


class Teller:
    """Speaks of one document, held to one schema.

    Args:
        schema: the whole of ``pipeline.schema.json``.
        document: what is checked.
    """

    def __init__(self, schema: Schema, document: YamlDocument) -> None:
        self.definitions: Schema = schema["$defs"]
        self.document = document

    def resolve(self, reference: str) -> Schema:
        """What a reference inside the schema leads to."""
        name, _, inside = reference.removeprefix("#/$defs/").partition("/")
        found: Any = self.definitions[name]
        for step in inside.split("/") if inside else ():
            found = found[step]
        return found  # type: ignore[no-any-return]

    def owner(self, schema: Schema, path: KeyPath) -> str:
        """Who has a key too many or too few: a task by its id, an operator, a key."""
        title = schema.get("title")
        if title in ("pipeline", "task", "task group") and path:
            return f"the {title} {self._id(path)}"
        return str(title or self.name(path))

    def name(self, path: KeyPath) -> str:
        """The key that a path ends with."""
        names = [step for step in path if isinstance(step, str)]
        return names[-1] if names else "the file"

    def told(self, path: KeyPath, value: Any) -> str:
        """What was said, as it was written."""
        return quoted(self.document.text_of(path) or flow(value))

    def mend(self, schema: Schema, key: str | None = None) -> str:
        """What is allowed."""
        return f"write {key + ': ' if key else ''}{describe(schema, self.resolve)}"

    def finding(  # noqa: PLR0913  what a finding says
        self,
        path: KeyPath,
        rule: str,
        message: str,
        mend: str,
        *,
        text: str | None = None,
        severity: FindingSeverity = FindingSeverity.ERROR,
    ) -> Finding:
        """A finding at a key, or at its value, as the rule has it."""
        return self.document.finding(
            path, rule, message, mend, text=text, severity=severity, value=rule not in OF_KEYS
        )

    def _id(self, path: KeyPath) -> str:
        if not isinstance(path[-1], int):
            return path[-1]
        found = self.document.data
        for step in path:
            found = found[step]
        return str(found.get("task_id") or found.get("group_name") or f"number {path[-1] + 1}")
