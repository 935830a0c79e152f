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

from weather_mlops.browsing.frame import TIMES, framed, link, link_to, listed, notice, wordy
from weather_mlops.clock import KST
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.monitoring.report import LATEST_HTML, ReportVerdict, document
from weather_mlops.monitoring.report.content import EarlierReport
from weather_mlops.monitoring.report.messages import LANGUAGES
from weather_mlops.monitoring.report.page import PREFIX, SIGNS
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, table, to_kst

LATEST_JSON: Final = LATEST_HTML.replace(".html", ".json")
TONES: Final = {
    ReportVerdict.WELL: "good",
    ReportVerdict.STARTING: "start",
    ReportVerdict.WATCH: "warn",
    ReportVerdict.ACT: "bad",
}
DAYS_LISTED: Final = 31
_AT_A_TIME: Final = 2
_REPORT: Final = re.compile(rf"{PREFIX}(\d{{4}}/\d\d/\d\d)/(\d{{4}})\.html")


@dataclass(frozen=True)
class Latest:
    """The latest report.

    Attributes:
        at: when it was created.
        verdict: its verdict.
        reasons: for it, one sentence each.
        language: of the reasons.
        summaries: of itself and of the reports before it, by the key of their JSON.
    """

    at: datetime
    verdict: ReportVerdict
    reasons: Sequence[str]
    language: str
    summaries: Mapping[str, EarlierReport] = field(default_factory=dict)


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


def read_latest(store: ObjectStore) -> Latest | str | None:
    """The latest report; the reason as a sentence where it can't be read; None where there is none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        stored = document.parse(store.get(LATEST_JSON, JSON_DOCUMENT), store.where(LATEST_JSON))
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        return str(error)
    if stored is None:
        readable = " and ".join(map(str, document.READABLE))
        return f"Its schema is not one of those that this version reads, {readable}."
    own = f"{PREFIX}{to_kst(stored.at):%Y/%m/%d/%H%M}.json"
    return Latest(
        stored.at,
        stored.verdict,
        stored.reasons,
        stored.language if stored.language in LANGUAGES else "en",
        {past.key: past for past in document.history(own, stored)},
    )


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


def render(latest: Latest | str | None, archive: Archive) -> str:
    """The page."""
    body = f"<section><h2>Latest report</h2>{_latest(latest)}</section><section>{_archive(archive)}</section>"
    return framed("Monitoring", f"A report each half hour, and its verdict. {TIMES}", body)


def _day_summaries(store: ObjectStore, pages: Sequence[str]) -> tuple[dict[str, EarlierReport], str]:
    """The summaries in the newest report of a day, and why they can't be read, if so."""
    if not pages:
        return {}, ""
    key = _json(pages[0])
    try:
        stored = document.parse(store.get(key, JSON_DOCUMENT), store.where(key))
    except FileNotFoundError:
        return {}, ""
    except ObjectDamaged as error:
        return {}, str(error)
    return ({past.key: past for past in document.history(key, stored)} if stored else {}), ""


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


def _latest(latest: Latest | str | None) -> str:
    if latest is None:
        return notice("<b>There is no report yet.</b> The DAG monitoring writes one each half hour.")
    if isinstance(latest, str):
        return notice(f"{link_to(LATEST_HTML, 'Open it')}. {escape(latest)}")
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in latest.reasons)
    at = latest.at.astimezone(KST)
    opened = link_to(LATEST_HTML, f"Open the report of {at:%Y-%m-%d %H:%M}{NBSP}KST")
    return (
        f'<p class="lead">{_verdict(latest.verdict)}</p><ul lang="{latest.language}">{reasons}</ul>'
        f"<p>{opened}</p>"
    )


def _archive(archive: Archive) -> str:
    title = f"<h2>Reports of {archive.day}</h2>{_around(archive)}"
    if archive.fault:
        title += f'<p class="bad">{escape(archive.fault)}</p>'
    if not archive.keys:
        return title + notice(
            "There is no report of this day: nothing was measured then, or its reports were deleted since."
        )
    rows = []
    for key in archive.keys:
        clock = key[-len("HHMM.html") :][:4]
        past = archive.summaries.get(_json(key))
        problems = MISSING if past is None else str(past.problems)
        cells = [cell(_verdict(past.verdict) if past else MISSING, "name"), cell(problems)]
        rows.append((link_to(key, f"{clock[:2]}:{clock[2:]}{NBSP}KST"), cells))
    head = ["report", wordy("verdict"), "checks beyond<br>their limit"]
    return title + table("Newest first.", head, rows, "the day's last report has no summary of it")


def _around(archive: Archive) -> str:
    shown = [
        f"<b>{day}</b>" if day == archive.day else link(f"monitoring?day={day}", str(day))
        for day in archive.days[:DAYS_LISTED]
    ]
    return f'<nav aria-label="Other days">{listed(shown)}</nav>' if shown else ""


def _verdict(verdict: ReportVerdict) -> str:
    sign = f'<span aria-hidden="true">{SIGNS[verdict]}</span>'
    return f'<span class="{TONES[verdict]}">{sign}{NBSP}{Translator("en")(verdict)}</span>'


def _json(page: str) -> str:
    return page.removesuffix(".html") + ".json"
