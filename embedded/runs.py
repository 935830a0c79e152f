"""Runs of the pipelines: their order, and the params of a load."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from embedded.airflow_api import ENDED, Run
from embedded.numbers import whole_number
from embedded.services import ServiceError
from weather_mlops.clock import KST
from weather_mlops.kma.forecast.cells import parse_overrides
from weather_mlops.stations import load_stations, resolve_station_ids

# Each needs the output of the ones before it. A pipeline that isn't named here comes last.
HISTORY: Final = "history"
TRAINING: Final = "model_training"
ORDER: Final = (HISTORY, "data_collection", "kma_forecast", TRAINING, "forecast", "monitoring")
FORECAST_HISTORY: Final = "kma_forecast_history"
BY_HAND: Final = frozenset({"model_rollback", FORECAST_HISTORY})  # only started by a person


# Seoul, Busan, Daegu, Incheon, Daejeon, Gwangju, Gangneung, Ulsan, Cheongju, Jeju; further ones by id.
CITIES: Final = (108, 159, 143, 112, 133, 156, 105, 152, 131, 184)
MOST_DAYS: Final = 36_525  # a century: the oldest observations are of 1904
LONGEST_LEAD_H: Final = 130  # as in kma_forecast_history.yml
MAX_WORKERS: Final = 1000  # the pipeline's own limit is in history.yml


def first_load(environment: Mapping[str, str]) -> dict[str, str] | None:
    """Return the params of a new system's first load, which gives all other pipelines data to work on.

    Args:
        environment: WEATHER_FIRST_DAYS (90), WEATHER_FIRST_STATIONS (10); if either is 0, there is no load.

    Raises:
        ServiceError: one of them is not a valid number.
    """
    stations = load_stations()
    days = whole_number(environment, "WEATHER_FIRST_DAYS", 90, 0, MOST_DAYS)
    count = whole_number(environment, "WEATHER_FIRST_STATIONS", len(CITIES), 0, len(stations))
    if not days or not count:
        return None
    others = [station.id for station in stations if station.id not in CITIES]
    today = datetime.now(KST).date()
    chosen = (*CITIES, *others)[:count]
    return {
        "from": str(today - timedelta(days=days - 1)),
        "to": str(today),
        "stations": ",".join(map(str, sorted(chosen))),
    }


def requested_load(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the params of the load that FROM, TO, STATIONS, PARALLELISM and AGAIN describe.

    Raises:
        Misconfigured: a station is unknown.
        ServiceError: a day or PARALLELISM is invalid.
    """
    conf: dict[str, Any] = {
        name: str(to_day(environment[variable], variable))
        for name, variable in (("from", "FROM"), ("to", "TO"))
        if environment.get(variable)
    }
    if stations := environment.get("STATIONS", "").strip():
        ids = resolve_station_ids(stations)
        conf["stations"] = "all" if stations == "all" else ",".join(map(str, ids))
    if environment.get("PARALLELISM"):
        conf["parallelism"] = whole_number(environment, "PARALLELISM", 1, 1, MAX_WORKERS)
    if environment.get("AGAIN"):
        conf["again"] = environment["AGAIN"] == "1"
    return conf


LOADS: Final = {"": HISTORY, "observations": HISTORY, "kma_forecast": FORECAST_HISTORY}
"""The pipeline that loads what WHAT names."""


def history_of(environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the pipeline that loads what WHAT names, and its params.

    Raises:
        Misconfigured: a station is unknown, or CELLS can't be read.
        ServiceError: WHAT, a day or a number is invalid.
    """
    what = environment.get("WHAT", "").strip()
    if what not in LOADS:
        raise ServiceError(f"WHAT is {what!r}: give observations (the default) or kma_forecast")
    conf = requested_load(environment)
    if LOADS[what] != FORECAST_HISTORY:
        return HISTORY, conf
    conf.pop("parallelism", None)  # its calls are made one by one
    for variable in ("ISSUES", "VARIABLES", "CELLS"):
        if text := environment.get(variable, "").strip():
            conf[variable.lower()] = text
    parse_overrides(conf.get("cells", ""))
    if environment.get("LEAD_HOURS"):
        conf["lead_hours"] = whole_number(environment, "LEAD_HOURS", 48, 1, LONGEST_LEAD_H)
    return FORECAST_HISTORY, conf


def to_day(text: str, variable: str) -> date:
    """Parse a day, written as 2020-01-31.

    Raises:
        ServiceError: it is not a day; the message names the variable.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ServiceError(f"{variable} is {text!r}: write a day as 2020-01-31") from None


def is_collected(runs: Sequence[Run], now: datetime) -> bool:
    """Whether the current hour is collected, or being collected, so that a start needn't do it.

    Args:
        runs: the newest runs of the collection.
        now: the time, timezone-aware.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    return any(
        run.state not in ENDED
        or (run.state == "success" and run.started_at is not None and run.started_at >= hour)
        for run in runs
    )


def in_order(dag_ids: Sequence[str]) -> list[str]:
    """Sort pipelines so that each comes after those it needs; without those that only people start."""
    return sorted(
        set(dag_ids) - BY_HAND,
        key=lambda dag_id: (ORDER.index(dag_id) if dag_id in ORDER else len(ORDER), dag_id),
    )
