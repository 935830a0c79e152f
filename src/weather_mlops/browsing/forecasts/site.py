"""The forecast pages by their address; a page of the same object is rendered once and cached."""

from datetime import datetime
from functools import lru_cache

from weather_mlops.browsing.forecasts import all_stations, maps, one_station
from weather_mlops.browsing.forecasts.document import ForecastDocument, ForecastTarget
from weather_mlops.browsing.forecasts.published import parsed
from weather_mlops.errors import ObjectDamaged
from weather_mlops.model.targets import TARGETS
from weather_mlops.pages import rendering
from weather_mlops.pages.visit import Visit


def is_old(body: bytes | None, now: datetime) -> bool:
    """Whether a newer object than this should have been published by now."""
    try:
        return body is not None and parsed(body).old(now)
    except ObjectDamaged:
        return False


def without_model(body: bytes | None, target: str | None) -> str | None:
    """The target of a page that has no model yet, for which people wait; None where there is none."""
    if body is None:
        return next((name for name in TARGETS if target in {None, name}), None)
    try:
        document = parsed(body)
    except ObjectDamaged:
        return None
    shown = document.targets.get(target or next(iter(document.targets)))
    return shown.name if shown is not None and shown.model_version is None else None


@lru_cache(maxsize=32)
def overview(  # noqa: PLR0913  # what the address says, and what is known besides the object
    body: bytes | None,
    target: str | None,
    ahead: str | None,
    visit: Visit,
    *,
    old: bool,
    training: str = "",
) -> str:
    """The page of all stations.

    Args:
        body: the published object; None = nothing was published yet.
        target: as in the address; None = the first one.
        ahead: lead time of the map in hours, as in the address; None = the first choice.
        visit: language and links.
        old: whether a newer object should have been published.
        training: how far the training of the target's first model is, in a sentence.

    Raises:
        LookupError: there are no forecasts of such a target or so far ahead.
    """
    if body is None:
        return _before_the_first(target, visit, training)
    try:
        document = parsed(body)
    except ObjectDamaged as error:
        return damaged(error, visit)
    chosen = _known(document, target or next(iter(document.targets)))
    choices = {str(hours): hours for hours in maps.choices(chosen)}
    if ahead is not None and ahead not in choices:
        raise LookupError(f"{chosen.name} is not forecast {ahead} h ahead")
    hours = next(iter(choices.values()), 1) if ahead is None else choices[ahead]
    return all_stations.render(document, chosen, visit, ahead=hours, is_old=old, training=training)


@lru_cache(maxsize=128)
def station(body: bytes | None, target: str, station_id: str, visit: Visit, *, old: bool) -> str:
    """The page of a station; arguments and errors as of ``overview``."""
    if body is None:
        return _before_the_first(target, visit)
    try:
        document = parsed(body)
    except ObjectDamaged as error:
        return damaged(error, visit)
    chosen = _known(document, target)
    stations = {str(number): each for number, each in chosen.stations.items()}
    if station_id not in stations:
        raise LookupError(f"{target} is not forecast at station {station_id}")
    return one_station.render(document, chosen, stations[station_id], visit, is_old=old)


def damaged(error: ObjectDamaged, visit: Visit) -> str:
    """The page if the published object can't be read."""
    return rendering.render("forecasts_none.html", visit, fault=str(error), training="")


def _known(document: ForecastDocument, target: str) -> ForecastTarget:
    if target not in document.targets:
        raise LookupError(f"{target} is not forecast")
    return document.targets[target]


def _before_the_first(target: str | None, visit: Visit, training: str = "") -> str:
    if target is not None and target not in TARGETS:
        raise LookupError(f"{target} can't be forecast")
    return rendering.render("forecasts_none.html", visit, fault="", training=training)
