"""The page of monitoring: the latest report's verdict on top, and the reports of a day with their verdicts.

Each report's JSON has a summary of each report of the 7 days before it, so the last one of a day covers the
whole day: a page takes one or two objects and four listings, however many reports there are.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from weather_mlops.browsing.documents import address
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.monitoring.report import LATEST_HTML
from weather_mlops.monitoring.report.content import EarlierReport
from weather_mlops.monitoring.report.links import PREFIX, PageLinks
from weather_mlops.monitoring.report.page import ReasonView, VerdictView, reason_views, verdict_view
from weather_mlops.monitoring.report.stored import Stored, history, parse, restored
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages import rendering
from weather_mlops.pages.figures import NBSP, to_kst
from weather_mlops.pages.visit import Visit

LATEST_JSON: Final = LATEST_HTML.replace(".html", ".json")
DAYS_LISTED: Final = 31
_AT_A_TIME: Final = 2
_REPORT: Final = re.compile(rf"{PREFIX}(\d{{4}}/\d\d/\d\d)/(\d{{4}})\.html")


@dataclass(frozen=True)
class Latest:
    """The latest report.

    Attributes:
        stored: as it was read.
        summaries: of itself and of the reports before it, by the key of their JSON.
    """

    stored: Stored
    summaries: Mapping[str, EarlierReport] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """When it was created."""
        return self.stored.at

    def reasons(self, words: Translator) -> list[ReasonView]:
        """The reasons of its verdict; as they were stored where the report is older than its page."""
        report = restored(self.stored)
        if report is not None:
            return reason_views(report, words)
        own = self.stored.language == words.name
        return [ReasonView(reason) if own else ReasonView("", reason) for reason in self.stored.reasons]


@dataclass(frozen=True, slots=True)
class UnreadableReport:
    """A report that is damaged, and how, in English; or, without an error, that another version wrote."""

    error: str = ""


@dataclass(frozen=True)
class Archive:
    """The reports of a day.

    Attributes:
        day: in Korea.
        keys: of their pages, newest first.
        summaries: of the reports, by the key of their JSON; not all reports need have one.
        days: days around it that have reports, newest first.
        fault: why summaries are missing, in a sentence; empty where nothing is wrong.
    """

    day: date
    keys: Sequence[str]
    summaries: Mapping[str, EarlierReport]
    days: Sequence[date]
    fault: str = ""


def read_latest(store: ObjectStore) -> Latest | UnreadableReport | None:
    """The latest report; why it can't be read; None where there is none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        stored = parse(store.get(LATEST_JSON, JSON_DOCUMENT), store.where(LATEST_JSON))
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        return UnreadableReport(str(error))
    if stored is None:
        return UnreadableReport()
    own = stored.key or f"{PREFIX}{to_kst(stored.at):%Y/%m/%d/%H%M}.json"
    return Latest(stored, {past.key: past for past in history(own, stored)})


def read_archive(store: ObjectStore, day: date, latest: Latest | None = None) -> Archive:
    """The reports of a day.

    Args:
        store: the bucket.
        day: in Korea.
        latest: the latest report; reports that it summarizes are not read again.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        days = pool.submit(_days, store, day)
        keys = sorted((entry.key for entry in store.list(f"{PREFIX}{day:%Y/%m/%d}/")), reverse=True)
        pages = [key for key in keys if _REPORT.fullmatch(key)]
        summaries, fault = latest.summaries if latest else {}, ""
        if not all(_json(page) in summaries for page in pages):
            more, fault = _day_summaries(store, pages)
            summaries = {**summaries, **more}
        return Archive(day, pages, summaries, days.result(), fault)


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A report in the list: its address, its time, and what is known of it."""

    href: str
    time: str
    verdict: VerdictView | None
    problems: int | None


def render(latest: Latest | UnreadableReport | None, archive: Archive, visit: Visit) -> str:
    """The page."""
    words = Translator(visit.language.name)
    known = latest if isinstance(latest, Latest) else None
    return rendering.render(
        "monitoring/index.html",
        visit,
        latest=known,
        fault=latest if isinstance(latest, UnreadableReport) else None,
        verdict=verdict_view(known.stored.verdict, words) if known else None,
        reasons=known.reasons(words) if known else (),
        links=PageLinks("", known.stored.runbook if known else ""),
        latest_address=address(LATEST_HTML),
        archive=archive,
        days=[(f"monitoring?day={day}", str(day), day == archive.day) for day in archive.days[:DAYS_LISTED]],
        entries=[_entry(key, archive, words) for key in archive.keys],
    )


def _entry(key: str, archive: Archive, words: Translator) -> ListedReport:
    past = archive.summaries.get(_json(key))
    clock = key[-len("HHMM.html") :][:4]
    return ListedReport(
        address(key),
        f"{clock[:2]}:{clock[2:]}{NBSP}KST",
        verdict_view(past.verdict, words) if past else None,
        past.problems if past else None,
    )


def _day_summaries(store: ObjectStore, pages: Sequence[str]) -> tuple[dict[str, EarlierReport], str]:
    """The summaries in the newest report of a day, and why they can't be read, if so."""
    if not pages:
        return {}, ""
    key = _json(pages[0])
    try:
        stored = parse(store.get(key, JSON_DOCUMENT), store.where(key))
    except FileNotFoundError:
        return {}, ""
    except ObjectDamaged as error:
        return {}, str(error)
    return ({past.key: past for past in history(key, stored)} if stored else {}), ""


def _days(store: ObjectStore, day: date) -> list[date]:
    """Days with reports in the month of a day, the month before it and the one after."""
    first = day.replace(day=1)
    months = {first, (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)}
    folders = [folder for month in months for folder in store.folders(f"{PREFIX}{month:%Y/%m}/")]
    days = [_day(folder.removeprefix(PREFIX).rstrip("/")) for folder in folders]
    return sorted((each for each in days if each), reverse=True)


def _day(folder: str) -> date | None:
    try:
        return date.fromisoformat(folder.replace("/", "-"))
    except ValueError:
        return None


def _json(page: str) -> str:
    return page.removesuffix(".html") + ".json"
