"""Figures of several days as one, from rows of the table of verification. Pure functions."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.documents.verification import PooledErrors
from weather_mlops.lake.verification_columns import COVERAGES, FIGURES

DECIMALS: Final = 4


def pooled(rows: pa.Table, by: Sequence[str]) -> pa.Table:
    """Pool the days of each group, by their number of pairs.

    Args:
        rows: of VERIFICATION_SCHEMA.
        by: columns that identify a group.

    Returns:
        A row for each group, in no particular order: these columns, ``n``, FIGURES and COVERAGES, rounded. A
        share is of the days that have it, null where none has.
    """
    n = rows["n"].cast(pa.float64())
    terms = {"n": n}
    for name in (*FIGURES, *COVERAGES):
        # The mean square of several days is the mean of their squared RMSE.
        figure = pc.power(rows[name], 2) if name == "rmse" else rows[name]
        terms[name] = pc.multiply(figure, n)
    for name in COVERAGES:
        terms[_weight(name)] = pc.if_else(rows[name].is_valid(), n, None)
    sums = pa.table({**{name: rows[name] for name in by}, **terms})
    sums = sums.group_by(list(by)).aggregate([(name, "sum") for name in terms])
    means = {
        name: pc.divide(sums[f"{name}_sum"], sums[f"{_weight(name) if name in COVERAGES else 'n'}_sum"])
        for name in (*FIGURES, *COVERAGES)
    }
    means["rmse"] = pc.sqrt(means["rmse"])
    return pa.table(
        {
            **{name: sums[name] for name in by},
            "n": sums["n_sum"].cast(pa.int64()),
            **{name: pc.round(mean, DECIMALS) for name, mean in means.items()},
        }
    )


def errors_of(row: dict[str, float]) -> PooledErrors:
    """The errors of a row of ``pooled``."""
    return {
        "n": int(row["n"]),
        "rmse": row["rmse"],
        "mae": row["mae"],
        "bias": row["bias"],
        "within_1": row["within_1"],
        "within_2": row["within_2"],
    }


def _weight(name: str) -> str:
    """The name of the number of pairs that have a share."""
    return f"n of {name}"
