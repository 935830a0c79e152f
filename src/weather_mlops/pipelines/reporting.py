"""The wording of findings: whose key it is, what the file says, what is allowed."""

from typing import Final

from weather_mlops.pipelines.describe import describe, flow, quoted
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.pipelines.keys import KeyPath, YamlValue
from weather_mlops.pipelines.schema import Schema, referred

OF_KEYS: Final = frozenset(
    ("unknown-key", "refused-key", "missing-key", "bad-id", "no-pipeline", "no-value", "empty", "list-length")
)
"""Rules about a key, and shown at it; all others are shown at the value."""


class Reporter:
    """Reports findings of one document, checked against one schema.

    Args:
        schema: the whole of ``pipeline.schema.json``.
        document: what is checked.
    """

    def __init__(self, schema: Schema, document: YamlDocument) -> None:
        self.definitions = schema["$defs"]
        self.document = document

    def resolve(self, reference: str) -> Schema:
        """The definition that a ``$ref`` of the schema refers to."""
        return referred(reference, self.definitions)

    def owner(self, schema: Schema, path: KeyPath) -> str:
        """What an unknown or missing key belongs to: a task by its id, an operator, a key."""
        title = schema.get("title")
        if title in ("pipeline", "task", "task group") and path:
            return f"the {title} {self._id(path)}"
        return str(title or self.name(path))

    def name(self, path: KeyPath) -> str:
        """The key that a path ends with."""
        names = [step for step in path if isinstance(step, str)]
        return names[-1] if names else "the file"

    def as_written(self, path: KeyPath, value: YamlValue) -> str:
        """A value as the file has it."""
        return quoted(self.document.text_of(path) or flow(value))

    def fix(self, schema: Schema, key: str | None = None) -> str:
        """What to write: whatever the schema allows."""
        return f"write {key + ': ' if key else ''}{describe(schema, self.resolve)}"

    def finding(  # noqa: PLR0913  the fields of a finding
        self,
        path: KeyPath,
        rule: str,
        message: str,
        fix: str,
        *,
        text: str | None = None,
        severity: FindingSeverity = FindingSeverity.ERROR,
    ) -> Finding:
        """A finding at a key or at its value, depending on the rule."""
        return self.document.finding(
            path, rule, message, fix, text=text, severity=severity, value=rule not in OF_KEYS
        )

    def _id(self, path: KeyPath) -> str:
        if not isinstance(path[-1], int):
            return path[-1]
        item = self.document.value_at(path)
        own = (item.get("task_id") or item.get("group_name")) if isinstance(item, dict) else None
        return str(own or f"number {path[-1] + 1}")
