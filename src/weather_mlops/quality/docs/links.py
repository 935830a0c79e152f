"""How pages about data quality lead to each other: in files by relative paths, for a reader by the views."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from weather_mlops.pages.visit import IN_FILE, Visit
from weather_mlops.quality.docs.names import DOCS, FORECASTS, INDEX, LOADS, DocsPage

TO_ROOT: Final = "../../../"
"""From the folder of a day to that of the calendar."""


@dataclass(frozen=True, slots=True)
class DocsLinks:
    """Links of a page.

    Attributes:
        visit: language and links.
        of_day: whether it is a page of a day, whose links are about the same day.
    """

    visit: Visit = IN_FILE
    of_day: bool = False

    @property
    def calendar(self) -> str:
        """All days."""
        if self.visit.is_file:
            return f"{TO_ROOT if self.of_day else ''}{INDEX}"
        return self.visit.to("quality")

    def day(self, day: str) -> str:
        """A day, YYYY-MM-DD."""
        if self.visit.is_file:
            return self._stored(day.replace("-", "/"), INDEX)
        return self.visit.to(f"quality/{day}")

    def page(self, page: DocsPage) -> str:
        """The page of an audit."""
        return self._stored(page.day, quote(page.name))

    def loads(self, day: str) -> str:
        """The batches of loads that were audited on a day, YYYY-MM-DD."""
        return self._stored(day.replace("-", "/"), LOADS)

    def forecasts(self, day: str) -> str:
        """The issues of the KMA's forecast of a day, YYYY-MM-DD."""
        return self._stored(day.replace("-", "/"), FORECASTS)

    def _stored(self, folder: str, name: str) -> str:
        if self.visit.is_file:
            return name if self.of_day else f"{folder}/{name}"
        return self.visit.to(f"pages/{DOCS}/{folder}/{name}")
