"""Figures of the errors of forecasts, as they stand in documents."""

from typing_extensions import TypedDict


class ErrorFigures(TypedDict, total=False):
    """Errors of forecasts, in the target's unit.

    Attributes:
        n: number of pairs of forecast and observation.
        rmse: root mean square error.
        mae: mean absolute error.
        bias: mean error, forecast minus observation.
        coverage_80: share of the observations within p10 to p90, 0 to 1.
        width_80: mean of p90 − p10.
        persistence_rmse: RMSE of persistence, on the same pairs.
    """

    n: int
    rmse: float
    mae: float
    bias: float
    coverage_80: float
    width_80: float
    persistence_rmse: float
