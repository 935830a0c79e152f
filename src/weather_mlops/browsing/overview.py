"""The first page: whether all is well, the newest hour, who was right, today's alerts, and the map."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from weather_mlops.browsing import alerts, monitoring
from weather_mlops.browsing.documents import address
from weather_mlops.browsing.forecasts import maps, published
from weather_mlops.browsing.forecasts.document import ForecastDocument
from weather_mlops.browsing.monitoring import Latest, UnreadableReport
from weather_mlops.browsing.verification import charts as verification_charts
from weather_mlops.browsing.verification import page as verification
from weather_mlops.browsing.verification.charts import Figure
from weather_mlops.browsing.verification.rows import Scope
from weather_mlops.documents.verification_windows import TargetWindows, VerificationWindows
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.verification_columns import KMA_FORECAST, OURS
from weather_mlops.monitoring.alert_run import State
from weather_mlops.monitoring.report import LATEST_HTML
from weather_mlops.monitoring.report.page import VerdictView, section_tiles, verdict_view
from weather_mlops.monitoring.report.stored import restored
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages import rendering
from weather_mlops.pages.components import Tile
from weather_mlops.pages.figures import kst, number, short_kst
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit
from weather_mlops.verification.days import TARGET

READERS: Final = ("monitoring", "forecast", "data_collection")
"""DAGs whose readers may see a part of the page."""
WINDOW_DAYS: Final = 30
LEAD: Final = 24
"""Hours ahead of the error on the page: tomorrow's weather at this hour."""
OLD: Final = timedelta(hours=2)
ALERTS_SHOWN: Final = 4
_AT_A_TIME: Final = 4
Part = TypeVar("Part")


@dataclass(frozen=True)
class Overview:
    """What the page is made of; None where it isn't there yet, or not the reader's to see.

    Attributes:
        may_read: those of READERS that the reader may see.
        latest: the latest report.
        alerts: their state; or why it can't be read.
        forecasts: the published forecasts.
        verified: the published figures of verification.
        next_collection: when the next hourly run begins.
    """

    may_read: Collection[str]
    latest: Latest | UnreadableReport | None = None
    alerts: State | str | None = None
    forecasts: ForecastDocument | ObjectDamaged | None = None
    verified: VerificationWindows | ObjectDamaged | None = None
    next_collection: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertView:
    """An open alert."""

    title: str
    since: str
    is_critical: bool


def read(store: ObjectStore, may_read: Collection[str], next_collection: datetime | None) -> Overview:
    """Read what a reader may see, each object at the same time as the others.

    Raises:
        StorageUnavailable, StorageRefused.
    """

    def part(dag_id: str, reader: Callable[[ObjectStore], Part]) -> Part | None:
        return reader(store) if dag_id in may_read else None

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        latest = pool.submit(part, "monitoring", monitoring.read_latest)
        state = pool.submit(part, "monitoring", alerts.read)
        forecasts = pool.submit(part, "forecast", _forecasts)
        verified = pool.submit(part, "forecast", verification.read)
        return Overview(
            may_read,
            latest.result(),
            state.result(),
            forecasts.result(),
            verified.result(),
            next_collection if "data_collection" in may_read else None,
        )


def render(overview: Overview, visit: Visit, now: datetime) -> str:
    """The page.

    Args:
        overview: what was read.
        visit: language and links.
        now: the time, timezone-aware.
    """
    words = Translator(visit.language.name)
    latest = overview.latest
    report = restored(latest.stored) if isinstance(latest, Latest) else None
    return rendering.render(
        "overview.html",
        visit,
        may_read=overview.may_read,
        verdict=_verdict(latest, words),
        report=_report_note(latest, words, now),
        report_address=visit.to(address(LATEST_HTML)),
        sections=section_tiles(report, words) if report else (),
        tiles=_tiles(overview, visit),
        daily=_daily(overview.verified, visit.language),
        alerts=_alerts(overview.alerts, words),
        alerts_shown=ALERTS_SHOWN,
        alerts_fault=isinstance(overview.alerts, str),
        map=_map(overview.forecasts, visit),
        map_fault=isinstance(overview.forecasts, ObjectDamaged),
    )


def _forecasts(store: ObjectStore) -> ForecastDocument | ObjectDamaged | None:
    try:
        body = published.load(store)
        return None if body is None else published.parsed(body)
    except ObjectDamaged as error:
        return error


def _verdict(latest: Latest | UnreadableReport | None, words: Translator) -> VerdictView:
    if isinstance(latest, Latest):
        return verdict_view(latest.stored.verdict, words)
    if latest is None:
        return VerdictView(words("overview_verdict_none"), "▷", "start")
    return VerdictView(words("overview_verdict_unreadable"), "▲", "warn")


def _report_note(latest: Latest | UnreadableReport | None, words: Translator, now: datetime) -> str:
    if not isinstance(latest, Latest):
        return words("overview_verdict_none_note") if latest is None else ""
    note = words("overview_report_of", at=kst(latest.at))
    age = now - latest.at
    if age <= OLD:
        return note
    return f"{note}. {words('overview_report_old', hours=number(age / timedelta(hours=1), digits=0))}"


def _tiles(overview: Overview, visit: Visit) -> list[Tile]:
    tiles = []
    if {"data_collection", "forecast"} & set(overview.may_read):
        tiles.append(_newest_tile(overview, visit.language))
    if "forecast" in overview.may_read:
        tiles.append(_errors_tile(overview.verified, visit))
    return tiles


def _newest_tile(overview: Overview, words: Language) -> Tile:
    document = overview.forecasts
    newest = document.hours[-1] if isinstance(document, ForecastDocument) else None
    following = overview.next_collection
    note = words("overview_next", at=short_kst(following)) if following else words("overview_next_none")
    value = kst(newest) if newest else words("overview_newest_none")
    return Tile(words("overview_newest"), value, note if "data_collection" in overview.may_read else "")


def _errors_tile(verified: VerificationWindows | ObjectDamaged | None, visit: Visit) -> Tile:
    words, of_target = visit.language, _of_target(verified)
    name = words("overview_errors", lead=LEAD, days=WINDOW_DAYS)
    window = of_target["windows"].get(str(WINDOW_DAYS)) if of_target else None
    errors = window["leads"].get(str(LEAD), {}) if window else {}
    href = visit.to("verification")
    if of_target is None or OURS not in errors:
        return Tile(name, words("overview_errors_none"), words("overview_errors_when"), "", href)
    unit = of_target["unit"]
    note = words("overview_kma_none")
    tone = ""
    if KMA_FORECAST in errors and window and window["compared"] == "common":
        note = words("overview_kma", value=number(errors[KMA_FORECAST]["rmse"], unit))
        tone = "good" if errors[OURS]["rmse"] <= errors[KMA_FORECAST]["rmse"] else "warn"
    return Tile(name, number(errors[OURS]["rmse"], unit), note, tone, href)


def _of_target(verified: VerificationWindows | ObjectDamaged | None) -> TargetWindows | None:
    if verified is None or isinstance(verified, ObjectDamaged):
        return None
    return verified["targets"].get(TARGET)


def _daily(
    verified: VerificationWindows | ObjectDamaged | None, words: Language
) -> tuple[str, Figure] | None:
    """Title and chart of ours and the KMA's errors by day."""
    of_target = _of_target(verified)
    if of_target is None:
        return None
    scope = Scope((OURS, KMA_FORECAST), KMA_FORECAST, of_target["unit"], words)
    figure = verification_charts.by_day(of_target["daily"], scope)
    return (words("overview_daily", unit=of_target["unit"]), figure) if figure else None


def _alerts(state: State | str | None, words: Translator) -> Sequence[AlertView] | None:
    """The open alerts, the gravest first; None where they are not known."""
    if isinstance(state, str):
        return None
    opened = sorted(
        (alert for alert in (state.alerts.values() if state else ()) if alert.is_open),
        key=lambda alert: (alert.check.severity != "critical", alert.since),
    )
    return [
        AlertView(
            words.titled(alert.check),
            words("overview_alerts_since", at=short_kst(alert.since)),
            alert.check.severity == "critical",
        )
        for alert in opened
    ]


def _map(document: ForecastDocument | ObjectDamaged | None, visit: Visit) -> maps.Maps | None:
    if not isinstance(document, ForecastDocument) or not document.targets:
        return None
    return maps.of_observations(document, next(iter(document.targets.values())), visit)
