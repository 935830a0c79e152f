"""What a change of the stations or the targets means for tables, models and alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weather_mlops.pipelines.coverage import Chosen, Coverage

ROWS_STAY: Final = "their rows stay, no new ones come, and their gaps are asked for no more"
ROWS_COME: Final = "rows come from the next run on; earlier ones by make history STATIONS=…"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What changes, and what comes of it.

    Attributes:
        what: in a few words.
        tables: what becomes of their rows.
        models: what becomes of these.
        alerts: and of these.
    """

    what: str
    tables: str
    models: str
    alerts: str

    def lines(self) -> Iterator[str]:
        """A line each."""
        yield f"tables: {self.tables}"
        yield f"models: {self.models}"
        yield f"alerts: {self.alerts}"


def consequences(before: Coverage, after: Coverage) -> list[Consequence]:
    """What comes of a change; nothing where none of these changed."""
    return [*_stations(before, after), *_targets(before, after)]


def _stations(before: Coverage, after: Coverage) -> Iterator[Consequence]:
    old, new = before.stations.get("collected"), after.stations.get("collected")
    if old is None or new is None:
        return
    watched, learned = after.stations.get("watched"), after.stations.get("learned")
    if gone := old.beyond(new):
        forgotten = "they are watched no more, and what is open of them closes"
        yield Consequence(
            f"stations {gone}: collected no more",
            ROWS_STAY,
            f"{_left_out(learned, new)}; a model that knows them goes on while their rows are fresh",
            f"monitoring goes on to expect them: see stations in {watched.where}"
            if watched and watched.beyond(new)
            else forgotten,
        )
    if come := new.beyond(old):
        unwatched = watched and new.beyond(watched)
        yield Consequence(
            f"stations {come}: collected from now on",
            ROWS_COME,
            "the next training learns from those that have enough hours, see limits of check_data_readiness",
            f"none of {unwatched}: monitoring leaves them out"
            if unwatched
            else "watched from their first row on",
        )


def _left_out(learned: Chosen | None, collected: Chosen) -> str:
    if learned is not None and learned.beyond(collected):
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
            f"targets {gone}: trained no more",
            f"the champion goes on to forecast {still}"
            if still
            else "their forecasts stay, no new ones come",
            "their versions and champions stay, under models/",
            "monitoring goes on to check them, and will miss a newer champion"
            if checked and checked.beyond(new)
            else "they are checked no more, and what is open of them closes",
        )
    if come := new.beyond(old):
        without = forecast and new.beyond(forecast)
        yield Consequence(
            f"targets {come}: trained from now on",
            f"no forecast of {without}: the forecast pipeline leaves it out"
            if without
            else "their forecasts come with the first run after a model is deployed",
            "the next run of model_training trains one of each, and takes as much longer",
            "monitoring leaves some of them out"
            if checked and new.beyond(checked)
            else "checked once deployed",
        )
