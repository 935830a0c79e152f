"""Figures of a day from both forecasts: which rows are compared, and what is known of them by then."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kma_forecasts import HOUR, row, table
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.lake.verification_columns import VERIFICATION_SCHEMA
from weather_mlops.model.targets import TARGETS
from weather_mlops.verification.days import COLUMN, TARGET, Compared, figures_of_day, midnight_kst

DAY = date(2024, 3, 10)
MIDNIGHT = midnight_kst(DAY)
MAXIMUM, MINIMUM = "air_temperature_max_c", "air_temperature_min_c"


def ours(rows) -> pa.Table:
    """Forecasts of (station, hour of issue after midnight KST, lead, median)."""
    return pa.Table.from_pylist(
        [
            {
                "issued_at": MIDNIGHT + issued * HOUR,
                "station_id": station,
                "target": TARGET,
                "valid_at": MIDNIGHT + (issued + lead) * HOUR,
                "lead_hours": lead,
                "p10": median,
                "p50": median,
                "p90": median,
                "model_version": "v1",
            }
            for station, issued, lead, median in rows
        ],
        schema=FORECASTS_SCHEMA,
    )


def observed(rows) -> pa.Table:
    """Observations of (station, hour after midnight KST, value)."""
    return pa.table(
        {
            "station_id": pa.array([each[0] for each in rows], pa.int32()),
            "observed_at": pa.array([MIDNIGHT + each[1] * HOUR for each in rows], UTC_TIME),
            COLUMN: pa.array([each[2] for each in rows], pa.float64()),
        }
    )


def kma(issued: int, station: int = 108, leads=range(1, 60), value: float = 10.0, **others) -> pa.Table:
    """An issue at an hour after midnight KST, received a quarter of an hour later."""
    begin = MIDNIGHT + issued * HOUR
    return table(row(station, begin, lead, air_temperature_c=value, **others) for lead in leads)


def whole_day(value: float = 10.0, hours=range(24)) -> pa.Table:
    return observed([(108, hour, value) for hour in hours])


def figures(
    mine: pa.Table | None = None, theirs: pa.Table | None = None, truth: pa.Table | None = None
) -> dict[tuple[str, str, str, str, int], tuple[int, float]]:
    """Number and bias by variable, forecast, rows compared, group and member."""
    result = figures_of_day(
        Compared(
            ours([]) if mine is None else mine,
            table([]) if theirs is None else theirs,
            whole_day() if truth is None else truth,
        ),
        DAY,
    )
    assert result.schema == VERIFICATION_SCHEMA
    assert set(result["day"].to_pylist()) <= {DAY}
    names = ("variable", "forecast", "compared", "grouped_by", "member")
    return {
        tuple(each[name] for name in names): (each["n"], pytest.approx(each["bias"]))
        for each in result.to_pylist()
    }


def test_the_target_is_that_of_the_verified_column():
    assert TARGETS[TARGET].column == COLUMN


def test_ours_is_compared_with_what_was_known_at_its_issue():
    # At 05:00 the issue of 02:00 is the newest one received; that of 05:00 is out a quarter of an hour later.
    theirs = pa.concat_tables([kma(2, value=12.0), kma(5, value=15.0)])
    result = figures(ours([(108, 5, 3, 9.0)]), theirs)

    assert result[COLUMN, "ours", "common", "lead_hours", 3] == (1, -1.0)
    assert result[COLUMN, "kma_forecast", "common", "lead_hours", 3] == (1, 2.0)
    assert result[COLUMN, "kma_forecast", "common", "hour_kst", 8] == (1, 2.0)
    assert result[COLUMN, "kma_forecast", "common", "station_id", 108] == (1, 2.0)


def test_the_kma_is_verified_at_every_hour_without_ours():
    # Issued two days before, so that every lead of every hour is known.
    result = figures(theirs=kma(-49, leads=range(1, 80), value=11.0))

    assert result[COLUMN, "kma_forecast", "own", "all", 0] == (24 * 48, 1.0)
    leads = {key[4]: n for key, (n, _) in result.items() if key[3] == "lead_hours"}
    assert leads == dict.fromkeys(range(1, 49), 24)
    assert {key[2] for key in result} == {"own"}


def test_ours_is_verified_where_the_kma_gives_nothing():
    result = figures(ours([(108, 5, 3, 9.0), (108, -3, 4, 8.0)]))

    assert result[COLUMN, "ours", "own", "all", 0] == (2, -1.5)
    assert {key[1:3] for key in result} == {("ours", "own"), ("persistence", "own")}


def test_persistence_is_what_was_observed_at_our_issue():
    truth = observed([(108, hour, float(hour)) for hour in range(-24, 24)])
    mine = ours([(108, 5, 3, 9.0), (108, -20, 24, 6.0), (108, -40, 41, 6.0)])
    result = figures(mine, kma(-50, leads=range(90)), truth)

    assert result[COLUMN, "persistence", "own", "lead_hours", 3] == (1, -3.0)
    assert result[COLUMN, "persistence", "common", "lead_hours", 24] == (1, -24.0)
    assert (COLUMN, "persistence", "own", "lead_hours", 41) not in result


def test_common_rows_have_a_value_of_persistence_too():
    mine = ours([(108, 5, 3, 9.0), (108, -40, 41, 6.0)])
    result = figures(mine, kma(-50, leads=range(90)))

    assert result[COLUMN, "ours", "own", "all", 0][0] == 2
    for name in ("ours", "kma_forecast", "persistence"):
        assert result[COLUMN, name, "common", "all", 0][0] == 1


def test_the_extremes_of_the_day_before_are_persistence():
    truth = observed([(108, hour, float(hour)) for hour in range(-24, 24)])
    result = figures(truth=truth)

    assert result[MAXIMUM, "persistence", "own", "all", 0] == (1, -24.0)
    assert result[MINIMUM, "persistence", "own", "station_id", 108] == (1, -24.0)


def test_shares_within_the_intervals_are_of_ours_alone():
    mine = ours([(108, 5, lead, 10.0) for lead in (1, 2, 3, 4)])
    limits = {"p25": 0.0, "p75": 0.0, "p10": -1.0, "p90": 1.0, "p05": -2.0, "p95": 2.0}
    for name, shift in limits.items():
        column = pa.array([value + shift for value in mine["p50"].to_pylist()])
        mine = mine.set_column(mine.schema.get_field_index(name), name, column)
    truth = observed([(108, 5 + hour, value) for hour, value in enumerate((10.0, 10.0, 11.0, 12.0, 13.0))])
    rows = figures_of_day(Compared(mine, kma(-50, leads=range(90)), truth), DAY).to_pylist()
    shares = {
        (row["forecast"], row["compared"]): [row[f"coverage_{percent}"] for percent in (50, 80, 90)]
        for row in rows
        if row["grouped_by"] == "all"
    }

    assert shares["ours", "common"] == shares["ours", "own"] == [0.25, 0.5, 0.75]
    assert shares["kma_forecast", "common"] == shares["persistence", "common"] == [None] * 3


def test_an_older_forecast_without_a_quantile_has_no_such_share():
    (row,) = (
        row
        for row in figures_of_day(Compared(ours([(108, 5, 3, 9.0)]), table([]), whole_day()), DAY).to_pylist()
        if row["forecast"] == "ours" and row["grouped_by"] == "all"
    )

    assert (row["coverage_50"], row["coverage_80"], row["coverage_90"]) == (None, 0.0, None)


def test_hours_between_three_hourly_values_are_interpolated():
    theirs = table(
        row(108, MIDNIGHT - 10 * HOUR, lead, air_temperature_c=10.0 + lead) for lead in range(4, 40, 3)
    )
    result = figures(theirs=theirs, truth=observed([(108, hour, 20.0 + hour) for hour in range(24)]))

    assert result[COLUMN, "kma_forecast", "own", "hour_kst", 4][1] == 0.0
    assert {key[4] for key in result if key[3] == "hour_kst"} == set(range(24))


def test_hours_of_other_days_are_left_out():
    truth = observed([(108, hour, 10.0) for hour in range(-30, 60)])
    result = figures(ours([(108, -2, lead, 11.0) for lead in range(1, 40)]), kma(-60, leads=range(90)), truth)

    assert result[COLUMN, "ours", "own", "all", 0] == (24, 1.0)
    assert result[COLUMN, "kma_forecast", "own", "all", 0][0] == 24 * 48


def test_the_days_extremes_are_compared_by_station():
    truth = observed([(108, hour, float(hour % 24)) for hour in range(-24, 24)])
    mine = ours([(108, -1, lead, lead + 1.0) for lead in range(1, 25)])
    theirs = pa.concat_tables(
        [
            table([row(108, MIDNIGHT - 13 * HOUR, 28, **{MAXIMUM: 25.0, COLUMN: None})]),
            table([row(108, MIDNIGHT - 4 * HOUR, 19, **{MAXIMUM: 24.0, COLUMN: None})]),
            # Known at midnight only.
            table([row(108, MIDNIGHT - HOUR, 16, **{MAXIMUM: 30.0, COLUMN: None})]),
            table([row(108, MIDNIGHT - 4 * HOUR, 10, **{MINIMUM: -2.0, COLUMN: None})]),
        ]
    )
    result = figures(mine, theirs, truth)

    assert result[MAXIMUM, "kma_forecast", "common", "all", 0] == (1, 1.0)
    assert result[MAXIMUM, "ours", "common", "station_id", 108] == (1, 2.0)
    assert result[MINIMUM, "kma_forecast", "own", "all", 0] == (1, -2.0)
    assert result[MINIMUM, "ours", "own", "all", 0] == (1, 2.0)
    assert {key[3] for key in result if key[0] != COLUMN} == {"all", "station_id"}


@pytest.mark.parametrize(("missing", "n"), [(2, 1), (3, 0)])
def test_an_extreme_needs_22_hours_of_the_day(missing, n):
    theirs = table([row(108, MIDNIGHT - 4 * HOUR, 19, **{MAXIMUM: 11.0})])
    by_hours = figures(theirs=theirs, truth=whole_day(hours=range(24 - missing)))
    by_issue = figures(ours([(108, -1, lead, 11.0) for lead in range(1, 25 - missing)]))

    assert by_hours.get((MAXIMUM, "kma_forecast", "own", "all", 0), (0,))[0] == n
    assert by_issue.get((MAXIMUM, "ours", "own", "all", 0), (0,))[0] == n


def test_our_extreme_is_of_one_issue_before_the_day():
    late = [(108, 0, lead, 30.0) for lead in range(1, 25)]
    older = [(108, -2, lead, 12.0) for lead in range(1, 25)]
    oldest = [(108, -3, lead, 20.0) for lead in range(1, 25)]

    assert figures(ours(late + older + oldest))[MAXIMUM, "ours", "own", "all", 0] == (1, 2.0)


def test_nothing_to_compare_gives_no_figures():
    assert figures() == {}
    assert figures(ours([(108, 0, 1, 1.0)]), kma(0), observed([])) == {}


tenths = st.integers(-300, 400).map(lambda number: number / 10)
own_rows = st.dictionaries(
    st.tuples(st.sampled_from([90, 108]), st.integers(-24, 22), st.integers(1, 24)), tenths, max_size=12
)
issues = st.dictionaries(
    st.tuples(st.sampled_from([90, 108]), st.integers(-20, 7)),
    st.tuples(tenths, st.integers(0, 600)),
    max_size=6,
)


@given(own_rows, issues)
def test_common_rows_are_those_of_a_search_by_hand(mine, theirs):
    """Every issue has one value for all of its hours, and arrives up to ten hours late."""
    tables = [
        kma(
            3 * number,
            station,
            value=value,
            received_at=MIDNIGHT + 3 * number * HOUR + timedelta(minutes=delay),
        )
        for (station, number), (value, delay) in theirs.items()
    ]
    truth = observed([(station, hour, 1.0) for station in (90, 108) for hour in range(-24, 24)])
    rows = [(*key, value) for key, value in mine.items()]
    result = figures_of_day(
        Compared(ours(rows), pa.concat_tables([table([]), *tables]), truth), DAY
    ).to_pylist()

    def known(station: int, moment: int, valid: int) -> float | None:
        candidates = {
            number: value
            for (of, number), (value, delay) in theirs.items()
            if of == station and 3 * number * 60 + delay <= moment * 60 and 1 <= valid - 3 * number < 60
        }
        return candidates[max(candidates)] if candidates else None

    pairs = [
        (value - 1.0, forecast - 1.0)
        for (station, issued, lead), value in mine.items()
        if 0 <= issued + lead < 24 and (forecast := known(station, issued, issued + lead)) is not None
    ]
    common = {
        each["forecast"]: each
        for each in result
        if (each["variable"], each["compared"], each["grouped_by"]) == (COLUMN, "common", "all")
    }
    assert len(common) == (3 if pairs else 0)
    for index, name in enumerate(("ours", "kma_forecast") if pairs else ()):
        errors = np.array([pair[index] for pair in pairs])
        assert common[name]["n"] == errors.size
        assert common[name]["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
