"""Addresses of reports, and of the runbook's sections."""

from dataclasses import dataclass
from typing import Final

PREFIX: Final = "reports/monitoring/"
"""Common prefix of the keys of all reports."""
DEEP: Final = "../../../"
"""Relative path from a report's folder to the folder of all reports."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Addresses of a page's links.

    Attributes:
        root: relative path from the page to the folder of all reports: ``""`` or ``"../../../"``.
        runbook: it has a section for each check; shown as text where it is no http(s) URL.
    """

    root: str
    runbook: str

    @property
    def leads_to_the_runbook(self) -> bool:
        """Whether the runbook has an address that people can open."""
        return self.runbook.startswith(("https://", "http://"))

    def to(self, key: str) -> str:
        """The address of a report's page, by the key of its JSON."""
        return f"{self.root}{key.removeprefix(PREFIX).removesuffix('.json')}.html"

    def advice(self, check: str) -> str:
        """The address of the runbook's section about a check."""
        return f"{self.runbook}#{check}"
