"""The page of verification: who was right, from the one object that the hourly verification publishes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import urlencode

from weather_mlops.browsing.verification import charts
from weather_mlops.browsing.verification.rows import ErrorRow, Scope, rows_of
from weather_mlops.documents.verification import PooledErrors
from weather_mlops.documents.verification_windows import (
    KEY,
    WINDOWS_DAYS,
    ExtremeErrors,
    TargetWindows,
    VerificationWindows,
    VerifiedWindow,
)
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.verification_columns import COMMON, KMA_FORECAST, OURS, PERSISTENCE
from weather_mlops.pages import rendering
from weather_mlops.pages.figures import number, percent
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit
from weather_mlops.stations import stations_by_id
from weather_mlops.verification.days import TARGET

FIX: Final = "The next run of the DAG forecast rewrites it: trigger it, or wait an hour."
OLD: Final = timedelta(hours=3)
"""The figures are computed every hour: after three hours without, something is wrong."""
DEFAULT_DAYS: Final = 30
DAY_AHEAD_H: Final = 24
SOON: Final = 2
"""Days with figures up to which not all leads have come true yet."""
FORECASTS: Final = (OURS, KMA_FORECAST, PERSISTENCE)
ORDERS: Final = ("station", "gain", OURS, KMA_FORECAST, PERSISTENCE, "n")
"""How the table of stations may be sorted."""
QUERY: Final = """make query SQL="select day, forecast, member as lead, n, rmse, bias from verification \\
  where variable = 'air_temperature_c' and compared = '{compared}' and grouped_by = 'lead_hours' \\
  and day between '{first}' and '{last}' order by all"
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a reader wants to see.

    Attributes:
        days: length of the window.
        by: order of the stations.
    """

    days: int = DEFAULT_DAYS
    by: str = "gain"

    @classmethod
    def requested(cls, target: str, days: str, by: str) -> Self:
        """The selection of an address; empty texts stand for the defaults.

        Raises:
            LookupError: there is no such target, window or order.
        """
        if target not in {"", TARGET} or by not in {"", *ORDERS}:
            raise LookupError(f"target {target!r}, by {by!r}")
        windows = {str(each): each for each in WINDOWS_DAYS}
        return cls(windows[days] if days else DEFAULT_DAYS, by or "gain")

    def address(self, **other: str | int) -> str:
        """The address of the page with another window or order."""
        return f"verification?{urlencode({'days': self.days, 'by': self.by} | other)}"


def read(store: ObjectStore) -> VerificationWindows | ObjectDamaged | None:
    """The published figures; what is wrong with them; None where nothing was published yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        return documents.read(store, KEY, VerificationWindows, FIX)
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        return error


def render(
    published: VerificationWindows | ObjectDamaged | None, selection: Selection, visit: Visit, now: datetime
) -> str:
    """The page.

    Args:
        published: as ``read`` gives it.
        selection: what the reader wants to see.
        visit: language and links.
        now: the time, timezone-aware.
    """
    view = _state(published, now)
    of_target = None if isinstance(published, ObjectDamaged) or not published else _target(published)
    if of_target and of_target["windows"]:
        view = {**view, "state": "no_days"}
        if window := of_target["windows"].get(str(selection.days)):
            view |= {"state": "figures", **_figures(window, of_target, selection, visit)}
    return rendering.render(
        "verification.html", visit, selection=selection, windows=_windows(selection, visit.language), **view
    )


def _target(published: VerificationWindows) -> TargetWindows | None:
    return published["targets"].get(TARGET)


def _state(published: VerificationWindows | ObjectDamaged | None, now: datetime) -> dict[str, object]:
    if isinstance(published, ObjectDamaged):
        return {"state": "damaged", "fault": str(published), "made_at": None, "is_old": False}
    made_at = published["made_at"] if published else None
    is_old = made_at is not None and now - datetime.fromisoformat(made_at) > OLD
    return {"state": "nothing", "fault": "", "made_at": made_at, "is_old": is_old}


def _windows(selection: Selection, words: Language) -> list[tuple[str, str, bool]]:
    return [
        (selection.address(days=days), words("verification_last", days=days), days == selection.days)
        for days in WINDOWS_DAYS
    ]


def _figures(
    window: VerifiedWindow, of_target: TargetWindows, selection: Selection, visit: Visit
) -> dict[str, object]:
    """What the template shows of a window."""
    words = visit.language
    shown = [name for name in FORECASTS if name in window["overall"]]
    scope = Scope(shown, _other(window), of_target["unit"], words)
    leads = rows_of(window["leads"], lambda lead: words("verification_ahead", lead=lead), scope.other)
    hours = rows_of(window["hours"], lambda hour: words("verification_at_hour", hour=hour), scope.other)
    stations = rows_of(window["stations"], lambda member: _station(member, words), scope.other)
    return {
        "window": window,
        "scope": scope,
        "answer": _answer(leads, selection, scope),
        "note": _note(window, shown),
        "so_far": max((row.member for row in leads), default=0) if window["days"] <= SOON else 0,
        "command": _verify_command(window),
        "tiles": [_tile(name, window["overall"][name], scope) for name in shown],
        "leads": leads,
        "hours": hours,
        "stations": sorted(stations, key=_order(selection.by)),
        "stations_better": _better(stations),
        "orders": _orders(selection, scope),
        "extremes": [
            *_extreme(window["maximum"], words("verification_maximum"), scope.other),
            *_extreme(window["minimum"], words("verification_minimum"), scope.other),
        ],
        "charts": {
            "leads": charts.by_lead(leads, scope),
            "hours": charts.by_hour(hours, scope),
            "calibration": charts.calibration(window["calibration"], words),
            "daily": charts.by_day(of_target["daily"], scope),
        },
        "daily": of_target["daily"],
        "station_address": visit.to(f"forecasts/{TARGET}/"),
        "query": _query(window),
    }


def _other(window: VerifiedWindow) -> str:
    """The forecast that ours is compared with: one on the same rows; empty where there is none."""
    overall = window["overall"]
    if OURS not in overall:
        return ""
    # Persistence is of our rows, also where the KMA's forecast is not.
    candidates = (KMA_FORECAST, PERSISTENCE) if window["compared"] == COMMON else (PERSISTENCE,)
    return next((name for name in candidates if name in overall), "")


def _note(window: VerifiedWindow, shown: Sequence[str]) -> str:
    """Why the forecasts are not compared with each other; empty where they are."""
    if window["compared"] == COMMON:
        return ""
    if OURS not in shown:
        return "kma_alone"
    return "ours_alone" if KMA_FORECAST not in shown else "nothing_common"


def _answer(leads: Sequence[ErrorRow], selection: Selection, scope: Scope) -> Sequence[str]:
    """The answer in a sentence or two; nothing where nothing can be compared."""
    compared = [row for row in leads if row.gain is not None]
    if not compared:
        return ()
    words, name = scope.words, scope.words(f"verification_than_{scope.other}")
    better, days = _better(compared), selection.days
    sentences = [words("verification_answer", days=days, other=name, better=better, leads=len(compared))]
    for row in compared:
        if row.member == DAY_AHEAD_H:
            ours, theirs = (number(row.rmse(each), scope.unit) for each in (OURS, scope.other))
            sentences.append(
                words("verification_answer_at", lead=row.member, ours=ours, theirs=theirs, other=name)
            )
    return sentences


def _better(rows: Sequence[ErrorRow]) -> int:
    """Number of rows at which ours was closer."""
    return sum(row.gain is not None and row.gain > 0 for row in rows)


def _tile(name: str, errors: PooledErrors, scope: Scope) -> tuple[str, str, str]:
    note = scope.words(
        "verification_tile_note",
        bias=number(errors["bias"], scope.unit, signed=True),
        within=percent(errors["within_1"]),
        unit=scope.unit,
    )
    title = scope.words("verification_tile", name=scope.name(name))
    return title, number(errors["rmse"], scope.unit), note


def _station(member: int, words: Language) -> str:
    station = stations_by_id().get(member)
    if station is None:
        return str(member)
    return station.korean if words.name == "ko" else station.english


def _order(by: str) -> Callable[[ErrorRow], tuple[bool, float | str]]:
    """A key that sorts names ascending, figures with the best first, and what is missing last."""
    if by == "station":
        return lambda row: (False, row.name)

    def figure(row: ErrorRow) -> float | None:
        if by == "gain":
            return None if row.gain is None else -row.gain
        return -row.n if by == "n" else row.rmse(by)

    def key(row: ErrorRow) -> tuple[bool, float | str]:
        value = figure(row)
        return value is None, 0.0 if value is None else value

    return key


def _orders(selection: Selection, scope: Scope) -> list[tuple[str, str, bool]]:
    words = scope.words
    names = {
        "station": words("verification_station"),
        **({"gain": words("verification_sort_gain")} if scope.other else {}),
        **{name: words("verification_sort_rmse", name=scope.name(name)) for name in scope.shown},
        "n": words("verification_sort_n"),
    }
    current = selection.by if selection.by in names else "station"
    return [(f"{selection.address(by=by)}#stations", name, by == current) for by, name in names.items()]


def _extreme(errors: ExtremeErrors, name: str, other: str) -> list[ErrorRow]:
    return rows_of({"0": errors["overall"]}, lambda _: name, other)


def _verify_command(window: VerifiedWindow) -> str:
    return f"make verify FROM={window['first_day']} TO={window['last_day']}"


def _query(window: VerifiedWindow) -> str:
    """A command that shows the rows of the chart by lead."""
    return QUERY.format(compared=window["compared"], first=window["first_day"], last=window["last_day"])
