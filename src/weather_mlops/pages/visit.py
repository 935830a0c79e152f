"""Who opens a page, and from where: what a template knows besides its document."""

from dataclasses import dataclass
from typing import Final

from weather_mlops.pages.languages import Language

NAVIGATION: Final = (
    ("overview", ""),
    ("forecasts", "forecasts"),
    ("verification", "verification"),
    ("quality", "quality"),
    ("monitoring", "monitoring"),
    ("alerts", "alerts"),
    ("models", "models"),
)
"""Links on top of each page: the key of their name, and the address below ``/weather/``."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of a page, or the making of a file.

    Attributes:
        language: of the page.
        root: relative address of ``/weather/``: ``""``, ``"../"``, …; None = the page is a file, which has no
            way to others.
        switch: query that shows the same page in the other language.
    """

    language: Language
    root: str | None = None
    switch: str = ""

    @property
    def is_file(self) -> bool:
        """Whether the page is written to a file, not shown by the API server."""
        return self.root is None

    def to(self, address: str) -> str:
        """The relative address of a page below ``/weather/``; an empty one is the first page."""
        # An empty address would be that of the page itself.
        return f"{self.root or ''}{address}" or "./"


IN_FILE: Final = Visit(Language("en"))
"""Pages that are written to a file in English."""
