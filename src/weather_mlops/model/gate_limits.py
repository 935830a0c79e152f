"""The limits of the gates, as the YAML gives them, and what each gate says of a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from weather_mlops.errors import Misconfigured
from weather_mlops.formatting import percent
from weather_mlops.thresholds import FromYaml, limits_of


@dataclass(frozen=True)
class Gates:
    """Limits that a model must meet to be deployed; skill is 1 − RMSE / RMSE of the baseline, on equal rows.

    Attributes:
        min_improvement: over the champion, share of RMSE (-1 to 1), mean over leads.
        min_certainty: share (0 to 1) of bootstrap resamples in which it is better than the champion.
        max_refresh_loss: share (0 to 1) of RMSE by which a model with the champion's features and settings,
            trained on newer data, may be worse; for such a refresh it replaces the two limits above.
        max_extension_loss: share (0 to 1) of RMSE by which a model may be worse that also forecasts stations
            or leads which the champion doesn't forecast; compared on the stations and leads of both.
        max_crps_loss: share (0 to 1) by which the CRPS, the error of the whole distribution, may be worse
            than the champion's on the same rows, mean over leads; where a model forecasts more stations or
            leads, the larger of this and the limit above. Not judged where one of the two forecasts an
            interval only.
        min_skill_every_lead: by baseline, at each lead. ``kma_forecast`` is judged where a forecast of the
            KMA was known at the issue time; without such rows it is not judged, and refuses nothing.
        min_skill: by baseline, mean over leads; ``kma_forecast`` as above.
        min_kma_certainty: share (0 to 1) of bootstrap resamples in which it is better than the KMA's forecast
            on common rows, mean over leads; null: not judged. Without common rows it refuses nothing.
        coverage: share (0 to 1) of observations within p10 to p90, lowest and highest, at each lead. A model
            is refused where the holdout is evidence of another coverage: where the whole range that block
            resampling gives (``coverage_80_range``) lies outside. A few weeks can't tell 80 % from 70 %.
        min_station_skill: against persistence (below 1), mean over leads, at each station.
    """

    min_improvement: float = 0.01
    min_certainty: float = 0.9
    max_refresh_loss: float = 0.01
    max_extension_loss: float = 0.05
    max_crps_loss: float = 0.02
    min_skill_every_lead: Mapping[str, float] = field(default_factory=lambda: {"persistence": 0.0})
    min_skill: Mapping[str, float] = field(
        default_factory=lambda: {"persistence_24h": 0.0, "climatology": 0.0, "damped_anomaly": 0.0}
    )
    min_kma_certainty: float | None = None
    coverage: Sequence[float] = (0.7, 0.9)
    min_station_skill: float = 0.0

    @classmethod
    def of(cls, given: FromYaml) -> "Gates":
        """Gates from YAML.

        Raises:
            Misconfigured: an unknown name, or limits that can't hold.
        """
        gates = limits_of(cls, "gates", given)
        if len(gates.coverage) != 2 or not 0 <= gates.coverage[0] < gates.coverage[1] <= 1:  # noqa: PLR2004
            raise Misconfigured(f"gates: coverage is {gates.coverage}: give [lowest, highest], 0 to 1")
        return gates


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict of one gate.

    Attributes:
        gate: name of the gate.
        passed: whether the model passes.
        text: the figures, in a sentence.
        judged: whether there was anything to judge; if not, it passes.
    """

    gate: str
    passed: bool
    text: str
    judged: bool = True


def mean_of(figures: Iterable[float | None]) -> float | None:
    """Mean of the figures; None if there are none, or one was not measured."""
    every = list(figures)
    known = [figure for figure in every if figure is not None]
    return fmean(known) if known and len(known) == len(every) else None


def signed(figure: float | None, limit: float) -> str:
    """A figure as percent, with its sign."""
    return "not measured" if figure is None else percent(figure, limit, signed=True)
