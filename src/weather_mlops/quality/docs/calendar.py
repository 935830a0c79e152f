"""The calendar: which days and hours have Data Docs.

It is a document on S3, of which a run replaces only its own day. So its cost stays the same, however many
days there are. Pages are rendered from it, in a file or for a reader.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from weather_mlops.documents.data_docs import AuditedDay, AuditedHour, CalendarDocument
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.quality.docs.names import DOCS, DocsPage, page_named, pages

KEY: Final = f"{DOCS}/calendar.json"
DAYS_SHOWN: Final = 31
"""Days with runs in the calendar; of earlier ones only their dates."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass
class Calendar:
    """The days that have Data Docs.

    Attributes:
        style: file name of the pages' style sheet when the calendar was written.
        days: the newest days, by YYYY-MM-DD.
        earlier: days before those.
    """

    style: str
    days: dict[str, AuditedDay] = field(default_factory=dict)
    earlier: set[str] = field(default_factory=set)

    def take(self, keys: Iterable[str]) -> None:
        """Replace the days in a listing, which must contain all pages of each day."""
        listed = defaultdict(list)
        for page in pages(keys):
            if not page.is_forecast:
                listed[page.day].append(page)
        for day, audits in listed.items():
            self.days[day.replace("/", "-")] = _audited(audits)
        for day in sorted(self.days)[:-DAYS_SHOWN]:
            del self.days[day]
            self.earlier.add(day)
        self.earlier -= set(self.days)

    @property
    def oldest(self) -> str | None:
        """The first day."""
        return min({*self.days, *self.earlier}, default=None)

    def drop(self, day: str) -> None:
        """Remove a day."""
        self.days.pop(day, None)
        self.earlier.discard(day)

    def newest_page(self, day: str, hour: int) -> DocsPage | None:
        """The newest audit of an hour; None where there is none."""
        audited = self.days[day].hours.get(hour)
        return page_named(day.replace("-", "/"), audited.page) if audited else None

    def as_json(self) -> bytes:
        """The document."""
        document = CalendarDocument(self.style, self.days, sorted(self.earlier))
        return json.dumps(asdict(document), ensure_ascii=False).encode()


def read(store: ObjectStore) -> Calendar | None:
    """The stored calendar; None where there is none that can be continued.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    document = documents.read_or_none(store, KEY, CalendarDocument, "the calendar is made again")
    if document is None or not all(map(_DATE.fullmatch, (*document.days, *document.earlier))):
        return None
    return Calendar(document.style, dict(document.days), set(document.earlier))


def from_listing(store: ObjectStore, style: str = "") -> Calendar:
    """The calendar from the names of all pages: slow where there are many.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    calendar = Calendar(style)
    calendar.take(entry.key for entry in store.list(f"{DOCS}/"))
    return calendar


def _audited(audits: Sequence[DocsPage]) -> AuditedDay:
    """A day from its pages, newest audit first."""
    hours: dict[int, AuditedHour] = {}
    for page in audits:
        if page.hour is not None:
            first = hours.get(page.hour)
            hours[page.hour] = AuditedHour(
                first.page if first else page.name, 1 + (first.runs if first else 0)
            )
    return AuditedDay(hours, sum(page.hour is None for page in audits))
