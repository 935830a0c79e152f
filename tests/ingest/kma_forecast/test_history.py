"""A load of old forecasts: every grid is fetched once, and all stations get it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.ingest.kma_forecast.conftest import ISSUE, KEY, OUT, STATIONS, STEP
from weather_mlops.errors import KeyRefused, KmaUnavailable, LoadIncomplete, Misconfigured, QuotaExhausted
from weather_mlops.ingest.kma_forecast import history_publication
from weather_mlops.ingest.kma_forecast.history import EMPTY_IN_A_ROW, GridFetch
from weather_mlops.ingest.kma_forecast.history_plan import GridLoad
from weather_mlops.ingest.kma_forecast.history_publication import GridPublication
from weather_mlops.kma.forecast.endpoints import API_HUB
from weather_mlops.lake.kma_forecasts import ARCHIVE_DELAY
from weather_mlops.settings import project_folder

pytestmark = [pytest.mark.integration]
DAY = date(2026, 12, 1)  # of ISSUE, in KST
AFTER = ISSUE + timedelta(days=5)


def load_of(first: date = DAY, last: date = DAY, **more) -> GridLoad:
    more = {"issues": "02", "lead_hours": 9, **more}
    return GridLoad.of(first, last, STATIONS, AFTER, **more)


def fetch(pipeline, load: GridLoad, *, calls: int | None = None, final: bool = True, keys=None):
    (client,) = pipeline.kma.clients(API_HUB, keys=keys)
    if calls is not None:
        client._budget = Limited(client._budget, calls)
    return GridFetch(load, client=client, store=pipeline.store, final=final).work()


def publish(pipeline, load: GridLoad):
    publication = GridPublication(
        load, pipeline.store, pipeline.catalog, project_folder("expectations"), "history/of-the-test",
        lambda: AFTER,
    )  # fmt: skip
    return publication.work()


class Limited:
    """A day's calls, of which some are left."""

    def __init__(self, counted, calls):
        self.counted, self.calls = counted, calls

    def take(self, calls=1):
        if not self.calls:
            raise QuotaExhausted("used up")
        self.calls -= 1
        return self.counted.take(calls)


@pytest.fixture
def history(pipeline):
    """The archive, days after the issue."""
    pipeline.kma.now = AFTER
    return pipeline


def snapshots(pipeline) -> int:
    return len(pipeline.catalog.load_table("weather.kma_forecasts").metadata.snapshots)


def test_one_grid_serves_all_stations(history):
    load = load_of(variables="TMP,REH")
    counts = fetch(history, load)
    published = publish(history, load)

    rows = history.table().to_pylist()
    assert (counts.grids, len(history.kma.calls)) == (18, 18)
    assert (published.inserted, published.empty) == (9 * len(STATIONS), 0)
    assert {row["station_id"] for row in rows} == set(STATIONS)
    assert {row["lead_hours"] for row in rows} == set(range(1, 10))
    assert {row["source"] for row in rows} == {"grid"}
    assert {row["received_at"] - row["issued_at"] for row in rows} == {ARCHIVE_DELAY}
    assert all(row["air_temperature_c"] is not None and row["relative_humidity_pct"] for row in rows)


def test_grids_say_what_the_collection_received(history):
    history.whole(ISSUE)
    before, commits = history.table().sort_by("valid_at").to_pylist(), snapshots(history)
    history.kma.now = AFTER
    load = load_of(variables="TMP,REH,WSD", lead_hours=30)
    fetch(history, load)
    published = publish(history, load)

    assert (published.inserted, published.corrected) == (0, 0)
    assert published.equal == 30 * len(STATIONS)
    assert history.table().sort_by("valid_at").to_pylist() == before
    assert snapshots(history) == commits


def test_a_load_closes_the_gaps_that_it_fills(history):
    next_issue = ISSUE + STEP
    history.whole(ISSUE, "forecast-missing")
    history.whole(next_issue, "forecast-missing")
    assert set(history.gaps()) == {(station, issue) for station in STATIONS for issue in (ISSUE, next_issue)}
    history.kma.now = AFTER
    history.kma.fault()
    fetch(history, load := load_of(issues="02,05", lead_hours=9))
    publish(history, load)
    assert {issue for _, issue in history.gaps()} == {ISSUE, next_issue}
    fetch(history, load := load_of(issues="02", lead_hours=48))
    publish(history, load)

    assert set(history.gaps()) == {(station, next_issue) for station in STATIONS}


def test_each_batch_of_a_load_has_its_data_docs(history, monkeypatch):
    monkeypatch.setattr(history_publication, "ROWS_PER_COMMIT", 1)
    load = load_of(issues="02,14")
    fetch(history, load)
    keys = publish(history, load).docs_keys

    assert len(set(keys)) == 2
    first, second = (history.store.get(key).decode() for key in keys)
    assert "2026-12-01 02:00 to 2026-12-01 02:00 KST" in first
    assert "2026-12-01 14:00 to 2026-12-01 14:00 KST" in second
    folder = keys[0].rpartition("/")[0]
    assert history.store.get(f"{folder}/loads.html").decode().count("part-000") >= 2


def test_a_station_takes_the_cell_of_its_plan(history):
    load = load_of(cells="서울=59,75")  # of station 156
    fetch(history, load)
    publish(history, GridLoad.from_dict(load.as_dict()))

    cells = {(row["station_id"], row["cell_x"], row["cell_y"]) for row in history.table().to_pylist()}
    assert (108, 59, 75) in cells
    assert len(cells) == len(STATIONS)


def test_a_load_again_calls_nothing_and_changes_nothing(history):
    load = load_of()
    fetch(history, load)
    publish(history, load)
    commits = snapshots(history)
    history.kma.calls.clear()
    counts = fetch(history, load)
    published = publish(history, load)

    assert (history.kma.calls, counts.grids, counts.stored) == ([], 0, 9)
    assert (published.inserted, published.equal) == (0, 27)
    assert snapshots(history) == commits


@pytest.mark.parametrize("calls", [0, 1, 8, 9, 13])
def test_used_up_calls_cost_no_grid(history, calls):
    load = load_of(issues="02,14", last=date(2026, 12, 2))
    assert load.calls() == 36
    with pytest.raises(QuotaExhausted):
        fetch(history, load, calls=calls)
    with pytest.raises(LoadIncomplete, match="TMP of 2026"):
        publish(history, load)
    counts = fetch(history, load)
    published = publish(history, load)

    assert (len(history.kma.calls), counts.stored) == (36, calls)
    assert len(history.rows()) == len(set(history.rows())) == 36 * len(STATIONS)
    assert published.rows == 36 * len(STATIONS)


def test_what_the_archive_lacks_is_asked_for_once(history):
    history.kma.fault("forecast-missing")
    load = load_of(lead_hours=48)
    counts = fetch(history, load)
    published = publish(history, load)

    assert len(history.kma.calls) == counts.empty == 2 * EMPTY_IN_A_ROW
    assert (published.empty, published.inserted) == (1, 0)
    history.kma.fault()
    assert fetch(history, load).grids == 0
    assert fetch(history, load_of(lead_hours=48, again=True)).grids == 48
    assert publish(history, load).inserted == 48 * len(STATIONS)


def test_an_issue_that_is_not_out_yet_is_asked_for_again(history):
    history.kma.now = ISSUE + OUT
    history.kma.fault("forecast-late")
    load = load_of()
    assert fetch(history, load).grids == 0
    history.kma.fault()
    history.kma.now = AFTER

    assert fetch(history, load).grids == 9


def test_an_api_that_is_down_stops_the_load_soon(history):
    history.kma.fault("forecast-429")
    with pytest.raises(KmaUnavailable):
        fetch(history, load_of(lead_hours=48))

    assert len(history.kma.calls) == 3 * 2  # two attempts each
    history.kma.fault()
    assert fetch(history, load_of()).grids == 9


def test_a_refused_key_is_named_and_shown_nowhere(history, caplog):
    with pytest.raises(KeyRefused) as refused:
        fetch(history, load_of(), keys={"api_hub": "a-wrong-key-of-the-test"})

    shown = f"{refused.value}{caplog.text}"
    assert "KMA_AUTH_KEY or kma_default" in shown
    assert "wrong-key" not in shown
    assert not list(history.store.list("raw/"))


def test_the_key_is_in_no_stored_grid(history):
    fetch(history, load_of())

    bodies = [history.store.get(entry.key) for entry in history.store.list("raw/") if "json" in entry.key]
    assert bodies
    assert not any(KEY.encode() in body for body in bodies)


def test_a_plan_names_issues_hours_and_calls():
    load = GridLoad.of(date(2025, 7, 1), date(2025, 7, 2), (108,), AFTER)
    assert [issue.hour for issue in load.issues()] == [17, 5, 17, 5]
    assert load.calls() == 4 * 48
    assert GridLoad.from_dict(load.as_dict()) == load
    daily = GridLoad.of(date(2025, 7, 1), date(2025, 7, 1), (108,), AFTER, issues="all", variables="tmx,T3H")
    assert len(list(daily.issues())) == 8
    assert len(daily.hours(next(daily.issues()), "T3H")[0]) == 16


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"first": date(2025, 2, 1), "last": date(2025, 1, 1)}, "in this order"),
        ({"first": date(2008, 1, 1)}, "from 2008-10-30"),
        ({"first": date(2031, 1, 1), "last": date(2031, 1, 2)}, "to today"),
        ({"issues": "03"}, "no issue at 03"),
        ({"variables": "RN1"}, "unknown variable RN1"),
        ({"lead_hours": 0}, "from 1 to 1023"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(values, message):
    arguments = {"first": None, "last": None, **values}
    with pytest.raises(Misconfigured, match=message):
        GridLoad.of(
            arguments.pop("first"),
            arguments.pop("last"),
            (108,),
            datetime(2026, 12, 1, tzinfo=UTC),
            **arguments,
        )
