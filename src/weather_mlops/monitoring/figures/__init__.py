"""Figures of the sections as JSON, one module per section: measuring tasks write them, the report shows them.

Figures are stored and passed on as they were written: a stored section may be of another version, with fewer
or more figures. So no figure of a section is certain to exist, and the report reads them with ``get``. Times
are ISO 8601 (UTC), shares are 0 to 1; None = not measured, see ``Section.missing``.
"""

from typing import Final, Literal

from typing_extensions import TypedDict

WindowName = Literal["24h", "7d", "30d"]
WINDOWS: Final[tuple[WindowName, ...]] = ("24h", "7d", "30d")
"""Names of the windows that figures are measured over."""


class ReadCost(TypedDict):
    """What a measurement read from S3: number of requests, and bytes."""

    requests: int
    bytes: int
