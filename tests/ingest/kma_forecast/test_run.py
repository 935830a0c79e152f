"""A run of the KMA's forecast from its requests to the table, and what each fault leaves behind."""

from datetime import timedelta

import pytest

from tests.ingest.kma_forecast.conftest import ISSUE, KEY, OUT, STATIONS, STEP
from weather_mlops.errors import (
    EndpointNotApproved,
    KeyRefused,
    QuotaExhausted,
    Unhealthy,
)
from weather_mlops.ingest.kma_forecast.health import ForecastHealthLimits, require_healthy
from weather_mlops.ingest.kma_forecast.replay import issue_of_raw
from weather_mlops.kma.forecast.cells import cells_of
from weather_mlops.kma.forecast.issues import valid_times

EVENING = ISSUE + 5 * STEP
"""Of 17:00 KST: its items take two pages."""
LIMITS = ForecastHealthLimits(max_age_hours=3.5, min_station_share=0.9, max_open_gaps=50)


def keys_of(*issues, stations=STATIONS):
    return sorted(
        (station, issue, hour) for issue in issues for station in stations for hour in valid_times(issue)
    )


def test_an_issue_is_published_whole_with_its_source(pipeline):
    published = pipeline.whole()

    assert pipeline.rows() == keys_of(ISSUE)
    assert published.published.inserted == len(keys_of(ISSUE))
    assert set(pipeline.table()["source"].to_pylist()) == {"api_hub"}
    assert pipeline.gaps() == {}
    require_healthy(pipeline.check(), LIMITS)


def test_the_same_run_again_changes_nothing(pipeline):
    pipeline.whole()
    before = pipeline.table().sort_by([("station_id", "ascending"), ("valid_at", "ascending")])
    again = pipeline.whole(name="kma_forecast/again")

    assert (again.published.inserted, again.published.corrected) == (0, 0)
    assert pipeline.table().sort_by([("station_id", "ascending"), ("valid_at", "ascending")]) == before


def test_stations_that_share_a_cell_share_the_call(pipeline):
    pipeline.stations = (98, 99, 108)
    pipeline.cells = {**cells_of(pipeline.stations), 108: cells_of([98])[98]}
    collected = pipeline.look()

    assert collected.batch.calls == 2
    temperatures = {
        station: [
            row["air_temperature_c"]
            for row in collected.batch.rows.to_pylist()
            if row["station_id"] == station
        ]
        for station in pipeline.stations
    }
    assert temperatures[108] == temperatures[98] != temperatures[99]


@pytest.mark.parametrize(
    "fault",
    ["wrong-key", "unapproved", "quota", "xml", "429", "empty", "missing"],
)
def test_one_source_that_fails_is_replaced_by_the_other(pipeline, fault):
    pipeline.whole(ISSUE, f"forecast-{fault}@api_hub")

    assert pipeline.rows() == keys_of(ISSUE)
    assert set(pipeline.table()["source"].to_pylist()) == {"data_go_kr"}


def test_a_source_that_refuses_the_key_is_asked_once(pipeline):
    pipeline.whole(ISSUE, "forecast-wrong-key@api_hub")

    assert pipeline.kma.calls.count("api_hub") == 1


def test_sources_can_differ_from_cell_to_cell(pipeline):
    pipeline.whole(ISSUE, "forecast-429@api_hub:call=3-4")

    assert pipeline.rows() == keys_of(ISSUE)
    assert set(pipeline.table()["source"].to_pylist()) == {"api_hub", "data_go_kr"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [("wrong-key", KeyRefused), ("unapproved", EndpointNotApproved), ("quota", QuotaExhausted)],
)
def test_no_source_at_all_is_named_with_its_cause(pipeline, fault, error):
    pipeline.kma.fault(f"forecast-{fault}")

    with pytest.raises(error, match="no provider gives the KMA's forecast") as raised:
        pipeline.look(last=False)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("fault", ["forecast-429", "forecast-xml", "forecast-empty"])
def test_an_outage_of_both_is_a_gap_that_the_next_run_closes(pipeline, fault):
    assert pipeline.look(last=False) is not None
    pipeline.kma.fault(fault)
    assert pipeline.look(last=False, name="kma_forecast/waiting") is None
    pipeline.whole(ISSUE, fault)

    assert pipeline.gaps() == dict.fromkeys([(station, ISSUE) for station in STATIONS], "KmaUnavailable")
    with pytest.raises(Unhealthy, match="0 of 3 stations have the issue of 2026-12-01 02:00 KST"):
        require_healthy(pipeline.check(), LIMITS)
    pipeline.whole(ISSUE + STEP)
    assert pipeline.rows() == keys_of(ISSUE, ISSUE + STEP)
    assert pipeline.gaps() == {}


def test_an_issue_that_is_not_out_costs_few_calls(pipeline):
    pipeline.stations = (90, 93, 95, 98, 99, 100, 101)
    pipeline.kma.now = ISSUE + timedelta(minutes=2)

    assert pipeline.look(last=False) is None
    assert len(pipeline.kma.calls) == 6  # three cells at both providers
    pipeline.kma.now = ISSUE + OUT
    assert pipeline.look(last=False).share == 1


def test_a_late_issue_is_healed_by_a_later_run(pipeline):
    late = "forecast-late:issue=2026120102"
    pipeline.whole(ISSUE, late)
    assert set(pipeline.gaps().values()) == {"missing"}
    pipeline.whole(ISSUE + STEP, late)

    assert pipeline.rows() == keys_of(ISSUE, ISSUE + STEP)
    received = {row["issued_at"]: row["received_at"] for row in pipeline.table().to_pylist()}
    assert received[ISSUE] > ISSUE + STEP  # nobody knew it before


def test_a_missing_issue_rests_between_tries(pipeline):
    missing = "forecast-missing:issue=2026120102"
    pipeline.whole(ISSUE, missing)
    tries = []
    for step in range(1, 6):
        pipeline.whole(ISSUE + step * STEP, missing)
        tries.append(max(pipeline.table("kma_forecast_gaps")["tries"].to_pylist()))

    assert tries == [2, 2, 3, 3, 3]  # after 2, 4 and 8 hours
    assert set(pipeline.gaps()) == {(station, ISSUE) for station in STATIONS}


def test_a_partial_issue_is_published_and_completed_later(pipeline):
    partial = "forecast-partial:issue=2026120102"
    assert pipeline.look(last=False) is not None
    pipeline.kma.fault(partial)
    assert pipeline.look(last=False, name="kma_forecast/waiting") is None
    pipeline.whole(ISSUE, partial)
    half = pipeline.rows()
    assert 0 < len(half) < len(keys_of(ISSUE))
    assert all(reason.startswith("partial: ") for reason in pipeline.gaps().values())
    assert len(pipeline.gaps()) == 3

    pipeline.whole(ISSUE + STEP)
    assert pipeline.rows() == keys_of(ISSUE, ISSUE + STEP)
    assert pipeline.gaps() == {}
    received = {
        row["valid_at"]: row["received_at"]
        for row in pipeline.table().to_pylist()
        if row["issued_at"] == ISSUE
    }
    # The first hours keep the time when they were received first.
    assert received[valid_times(ISSUE)[0]] == ISSUE + OUT
    assert received[valid_times(ISSUE)[-1]] == ISSUE + STEP + OUT


def test_an_issue_that_shrinks_between_pages_is_fetched_again(pipeline):
    pipeline.whole(EVENING, "forecast-shrinking:call=2")

    assert pipeline.rows() == keys_of(EVENING)
    # By the same provider: the other one isn't asked.
    assert pipeline.kma.calls == ["api_hub"] * 2 * (len(STATIONS) + 1)


def test_the_rows_can_be_made_from_raw_again(pipeline):
    pipeline.whole(EVENING, "forecast-shrinking:call=2", "forecast-429@api_hub:call=5-6")
    (key,) = pipeline.run(EVENING).staging.read("collected").notes["raw_keys"]
    replayed = issue_of_raw(pipeline.store, key).rows.drop_columns(["raw_key"])

    order = [("station_id", "ascending"), ("valid_at", "ascending")]
    published = pipeline.table().cast(replayed.schema)
    assert replayed.sort_by(order) == published.sort_by(order)
    assert set(replayed["source"].to_pylist()) == {"api_hub", "data_go_kr"}


def test_issues_of_an_outage_are_fetched_while_they_can_be_had(pipeline):
    pipeline.whole(ISSUE)
    own = ISSUE + 24 * STEP  # three days later
    pipeline.gap_calls = 10_000
    pipeline.whole(own)

    fetched = {issued_at for _, issued_at, _ in pipeline.rows()} - {ISSUE}
    assert fetched == {own - back * STEP for back in range(17)}  # of the last 49 hours
    older = {ISSUE + step * STEP for step in range(1, 8)}
    assert pipeline.gaps() == {(station, issue): "not_requested" for station in STATIONS for issue in older}
    figures = pipeline.check(own)
    assert (figures.open_gaps, figures.older_gaps) == (0, 21)


def test_what_the_calls_of_a_run_leave_is_fetched_by_the_next(pipeline):
    pipeline.whole(ISSUE)
    pipeline.gap_calls = 4
    pipeline.whole(ISSUE + 4 * STEP)
    left = set(pipeline.gaps())
    assert left
    pipeline.gap_calls = 100
    pipeline.whole(ISSUE + 5 * STEP)

    assert pipeline.gaps() == {}
    assert pipeline.rows() == keys_of(*(ISSUE + step * STEP for step in range(6)))


def test_the_log_names_no_issue_that_was_not_requested(pipeline, caplog):
    pipeline.whole(ISSUE)
    pipeline.whole(ISSUE + 2 * STEP, "forecast-429")

    failed = [message for message in caplog.messages if " at cell " in message]
    assert failed
    assert all(message.startswith(f"issue {ISSUE + 2 * STEP} at cell ") for message in failed)
    assert {issue for _, issue in pipeline.gaps()} == {ISSUE + STEP, ISSUE + 2 * STEP}
    assert set(pipeline.gaps().values()) == {"KmaUnavailable"}


def test_issues_of_an_outage_with_runs_are_fetched_soon_after_it(pipeline):
    pipeline.whole(ISSUE)
    for step in range(1, 5):
        pipeline.whole(ISSUE + step * STEP, "forecast-missing")
    pipeline.gap_calls = 4
    pipeline.whole(ISSUE + 5 * STEP)
    assert pipeline.gaps()
    pipeline.gap_calls = 100
    pipeline.whole(ISSUE + 6 * STEP)

    assert pipeline.gaps() == {}
    assert pipeline.rows() == keys_of(*(ISSUE + step * STEP for step in range(7)))


def test_a_corrected_issue_replaces_its_rows(pipeline):
    pipeline.whole(ISSUE)
    before = pipeline.table()
    rows = before.to_pylist()
    run = pipeline.run(name="kma_forecast/corrected")
    pipeline.look(name="kma_forecast/corrected")
    collected = run.staging.read("collected")
    warmer = collected.tables["rows"].to_pylist()
    for row in warmer:
        row["air_temperature_c"] += 1
    tables = {
        **collected.tables,
        "rows": collected.tables["rows"].from_pylist(warmer, collected.tables["rows"].schema),
    }
    run.staging.write("collected", tables, collected.notes)
    pipeline.validate(name="kma_forecast/corrected")
    published = pipeline.publish(name="kma_forecast/corrected")

    assert (published.published.inserted, published.published.corrected) == (0, len(rows))
    assert pipeline.rows() == keys_of(ISSUE)


def test_a_cleared_task_fetches_again(pipeline):
    pipeline.look()
    calls = len(pipeline.kma.calls)
    pipeline.look()

    assert len(pipeline.kma.calls) == 2 * calls
