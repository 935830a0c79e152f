"""What a change of the stations or the targets means for tables, models and alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weather_mlops.pipelines.coverage import Chosen, Coverage

ROWS_STAY: Final = "their rows stay, no new ones are added, and their gaps are no longer filled"
ROWS_COME: Final = "rows are added from the next run on; load earlier ones with make history STATIONS=…"


@dataclass(frozen=True, slots=True)
class Consequence:
    """A change and its effects.

    Attributes:
        what: the change, in a few words.
        tables: the effect on rows of the tables.
        models: the effect on models.
        alerts: the effect on alerts.
    """

    what: str
    tables: str
    models: str
    alerts: str

    def lines(self) -> Iterator[str]:
        """One line per effect."""
        yield f"tables: {self.tables}"
        yield f"models: {self.models}"
        yield f"alerts: {self.alerts}"


def consequences(before: Coverage, after: Coverage) -> list[Consequence]:
    """The effects of a change of stations or targets; empty if none changed."""
    return [*_stations(before, after), *_targets(before, after)]


def _stations(before: Coverage, after: Coverage) -> Iterator[Consequence]:
    old, new = before.stations.get("collected"), after.stations.get("collected")
    if old is None or new is None:
        return
    monitored, trained_on = after.stations.get("monitored"), after.stations.get("trained_on")
    if gone := old.beyond(new):
        resolved = "they are no longer monitored, and their open alerts are resolved"
        yield Consequence(
            f"stations {gone}: no longer collected",
            ROWS_STAY,
            f"{_left_out(trained_on, new)}; models trained on them work while their rows are fresh",
            f"monitoring still expects them: see stations in {monitored.where}"
            if monitored and monitored.beyond(new)
            else resolved,
        )
    if come := new.beyond(old):
        unmonitored = monitored and new.beyond(monitored)
        yield Consequence(
            f"stations {come}: collected from now on",
            ROWS_COME,
            "the next training uses those that have enough hours, see limits of check_data_readiness",
            f"none for {unmonitored}: monitoring leaves them out"
            if unmonitored
            else "monitored from their first row on",
        )


def _left_out(trained_on: Chosen | None, collected: Chosen) -> str:
    if trained_on is not None and trained_on.beyond(collected):
        return "the next training still uses their rows, as long as they cover enough of the hours"
    return "the next training leaves them out"


def _targets(before: Coverage, after: Coverage) -> Iterator[Consequence]:
    old, new = before.targets.get("trained"), after.targets.get("trained")
    if old is None or new is None:
        return
    forecast, checked = after.targets.get("forecast"), after.targets.get("checked")
    if gone := old.beyond(new):
        still = forecast and forecast.beyond(new)
        yield Consequence(
            f"targets {gone}: no longer trained",
            f"the champion still forecasts {still}"
            if still
            else "their forecasts stay, no new ones are added",
            "their versions and champions stay, under models/",
            "monitoring still checks them, and will report that no newer champion was trained"
            if checked and checked.beyond(new)
            else "they are no longer checked, and their open alerts are resolved",
        )
    if come := new.beyond(old):
        without = forecast and new.beyond(forecast)
        yield Consequence(
            f"targets {come}: trained from now on",
            f"no forecasts of {without}: the forecast pipeline leaves it out"
            if without
            else "their forecasts begin with the first run after a model is deployed",
            "the next run of model_training trains one for each, and takes longer accordingly",
            "monitoring leaves some of them out"
            if checked and new.beyond(checked)
            else "checked once deployed",
        )
