"""``forecasts/latest.json``, the newest forecasts for all readers, and the XCom of its task."""

from typing import Final, NotRequired

from typing_extensions import TypedDict

SCHEMA: Final = 1


class LatestStation(TypedDict):
    """The newest forecast of a station; the lists have an entry per lead, in the target's unit.

    ``issued_at``: newest observation hour that it used; times are ISO 8601 in UTC. ``inputs``: what each
    lead's forecast was made from, as in the table; ``kma_issued_at``: the KMA's issue that it began with;
    ``inputs_note``, ``inputs_note_korean``: the same in a sentence. Older models have no ``p25`` and ``p75``.
    """

    name: str
    issued_at: str
    valid_at: list[str]
    p10: list[float]
    p50: list[float]
    p90: list[float]
    p25: NotRequired[list[float]]
    p75: NotRequired[list[float]]
    inputs: NotRequired[list[str]]
    kma_issued_at: NotRequired[str | None]
    inputs_note: NotRequired[str]
    inputs_note_korean: NotRequired[str]


class LatestTarget(TypedDict):
    """Forecasts of a target by station id; ``skipped``: why a station has none."""

    unit: str
    model_version: str
    stations: dict[str, LatestStation]
    skipped: dict[str, str]


class LatestForecasts(TypedDict):
    """The whole document; ``without_model``: targets without a champion, with the reason."""

    schema: NotRequired[int]
    made_at: str
    targets: dict[str, LatestTarget]
    without_model: dict[str, str]


class ForecastSummary(TypedDict):
    """What make_forecast returns: counts of rows and the keys of what was written.

    Without any champion ``rows`` is 0, ``reason`` says why, and the others are missing.
    """

    rows: int
    reason: NotRequired[str]
    inserted: NotRequired[int]
    replaced: NotRequired[int]
    equal: NotRequired[int]
    versions: NotRequired[dict[str, str]]
    without_model: NotRequired[dict[str, str]]
    stations_skipped: NotRequired[list[str]]
    forecast_key: NotRequired[str]
    stations_key: NotRequired[str]
