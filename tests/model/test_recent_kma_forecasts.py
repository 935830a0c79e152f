"""The KMA's forecast in the pages' document: what was known at each hour, compared in the hours of both."""

import json
import math
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import COLUMN, FIRST, HOUR, LAST, NOW, TARGET
from tests.kma_forecasts import row, table
from tests.model.test_recent_forecasts import DAEGU, SEOUL, full, issued, rows
from weather_mlops.documents import forecast_pages
from weather_mlops.lake import documents, kma_forecasts
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish as publish_observations
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.model import forecasting, recent_forecasts, recent_kma_forecasts

MINUTE = timedelta(minutes=1)
NOTHING = {"n": 0, "rmse": None, "rmse_ours": None}
NO_MODEL = {"made_at": NOW.isoformat(), "targets": {}, "without_model": {TARGET: "no model was deployed yet"}}


def target_of(official, observed=None, predicted=None, latest=None):
    """The target of a document of Seoul, from rows of the KMA's forecast."""
    return recent_forecasts.document(
        latest or world.latest([SEOUL]),
        rows(observed or {}),
        issued(predicted or {}),
        FIRST,
        NOW,
        kma=table(official),
    )["targets"][TARGET]


def seoul_of(*args, **kwargs):
    return target_of(*args, **kwargs)["stations"]["108"]


def issue(begin, leads, value, delay=12 * MINUTE, station=SEOUL):
    """Rows of an issue, one value for all hours."""
    return [row(station, begin, lead, air_temperature_c=value, received_at=begin + delay) for lead in leads]


def searched(official, moment, valid):
    """The value that was known, by looking at each row."""
    known = [each for each in official if each["valid_at"] == valid and each["received_at"] <= moment]
    newest = max(known, key=lambda each: each["issued_at"], default=None)
    return newest and newest[COLUMN]


issues = st.dictionaries(
    st.integers(-12, recent_forecasts.HOURS // 3 + 1),  # of every third hour
    st.tuples(st.integers(1, 30), st.one_of(st.integers(0, 59), st.integers(0, 3000)), st.integers(-9, 9)),
    max_size=14,
)


@given(issues, st.integers(0, 23))
def test_each_hour_has_what_the_kma_had_said_by_then(given_issues, shift):
    """Whatever arrives late is unknown before, and nothing that arrives after now is shown."""
    official = [
        each
        for number, (longest, delay, value) in given_issues.items()
        for each in issue(FIRST + (3 * number - shift) * HOUR, range(1, longest + 1), value, delay * MINUTE)
    ]
    station = seoul_of([*official, row(issued=FIRST - 900 * HOUR)])
    hours = [FIRST + n * HOUR for n in range(recent_forecasts.HOURS)]

    kma = station.get("kma", {"forecast": None, "past": {}})
    for lead in recent_forecasts.LEADS:
        expected = [searched(official, hour - lead * HOUR, hour) for hour in hours]
        shown = kma["past"].get(str(lead), {"values": [None] * len(hours)})["values"]
        assert shown == expected
    ahead = [searched(official, NOW, LAST + n * HOUR) for n in range(1, 49)]
    assert (kma["forecast"] or {"values": [None] * 48})["values"] == ahead


def test_the_newest_issue_known_is_shown_with_its_time():
    kma = seoul_of(
        [
            *issue(LAST - 6 * HOUR, range(1, 60), 3.0),
            *issue(LAST - 3 * HOUR, range(1, 20), 4.0),
            *issue(LAST, range(1, 60), 5.0),  # received two minutes after the document was made
        ]
    )["kma"]["forecast"]

    assert kma["issued_at"] == (LAST - 3 * HOUR).isoformat()
    assert kma["values"] == [4.0] * 16 + [3.0] * 32


def test_hours_between_three_hourly_values_are_interpolated():
    official = [row(SEOUL, LAST - 3 * HOUR, lead, air_temperature_c=float(lead)) for lead in (3, 6, 9)]
    official.append(row(SEOUL, LAST - 3 * HOUR, 15, air_temperature_c=99.0))
    kma = seoul_of(official)["kma"]["forecast"]

    assert kma["values"][:8] == [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, None, None]


def test_both_forecasts_are_scored_in_the_same_hours():
    hours = [FIRST + n * HOUR for n in (30, 31, 32, 33)]
    target = target_of(
        [each for hour in hours[:3] for each in issue(hour - 2 * HOUR, [2], 8.0)],
        observed=dict(zip(hours, (10.0, 9.0, None, 9.0), strict=True)),
        predicted={(hour, 1): (8.0, 9.0, 12.0) for hour in (hours[0], hours[1], hours[3])},
    )
    expected = {"n": 2, "rmse": round(math.sqrt((4 + 1) / 2), 3), "rmse_ours": round(math.sqrt(1 / 2), 3)}

    assert target["kma_past"] == {"1": expected, **dict.fromkeys(("6", "12", "24", "48"), NOTHING)}
    assert target["stations"]["108"]["kma"]["past"]["1"].items() >= expected.items()
    assert target["past"]["1"]["n"] == 3  # of ours alone, as before


def test_without_any_official_forecast_the_document_is_as_before():
    document = world.document([SEOUL, DAEGU])

    assert json.dumps(document).count("kma") == 0
    stale = table(issue(FIRST - 500 * HOUR, [1, 2], 3.0))
    with_old = world.document([SEOUL, DAEGU], official=stale)["targets"][TARGET]
    assert all("kma" not in station for station in with_old["stations"].values())


def test_a_station_that_only_the_kma_forecasts_is_listed():
    stations = target_of(issue(LAST - 3 * HOUR, range(1, 60), 3.0, station=DAEGU))["stations"]

    assert "kma" not in stations["108"]
    assert stations["143"]["kma"]["forecast"]["values"] == [3.0] * 48
    assert stations["143"]["why_none"] == recent_forecasts.NO_MODEL_OF_STATION


def test_without_a_model_the_kma_s_forecast_is_there():
    station = seoul_of(issue(LAST - 3 * HOUR, range(1, 60), 3.0), observed={LAST: 2.0}, latest=NO_MODEL)

    assert (station["forecast"], station["why_none"]) == (None, "no model was deployed yet")
    assert station["kma"]["forecast"]["values"] == [3.0] * 48
    assert station["kma"]["past"]["1"].items() >= NOTHING.items()


def test_other_targets_have_the_kma_s_values_or_none():
    official = table([row(SEOUL, LAST - 3 * HOUR, lead, relative_humidity_pct=55.0) for lead in range(1, 60)])
    latest = NO_MODEL | {"without_model": {"relative_humidity": "none", "dew_point": "none"}}
    observed = rows({LAST: 2.0}).append_column("dew_point_c", pa.array([1.0]))
    observed = observed.append_column("relative_humidity_pct", pa.array([50.0]))
    targets = recent_forecasts.document(latest, observed, issued({}), FIRST, NOW, kma=official)["targets"]

    assert targets["relative_humidity"]["stations"]["108"]["kma"]["forecast"]["values"] == [55.0] * 48
    assert "kma_past" not in targets["dew_point"]


@pytest.mark.parametrize(("late", "ours", "hours"), [(0, 0, 48), (5, 24, 53), (0, 72, 72), (9999, 24, 744)])
def test_it_reaches_two_days_ahead_or_as_far_as_ours(late, ours, hours):
    assert recent_kma_forecasts.hours_after(LAST, NOW + late * HOUR, ours) == hours


def test_with_the_kma_s_forecast_the_document_is_sound_and_small():
    document = world.document(official=world.kma(hours=120))
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    assert documents.parse(body, forecast_pages.CheckedPageDocument, "it") == document
    assert len(body) < 900_000
    past = document["targets"][TARGET]["kma_past"]
    assert all(1 < past[lead]["rmse"] < 2.5 for lead in past)


@pytest.mark.integration
class TestPublished:
    def published(self, store: ObjectStore):
        return json.loads(store.get(forecast_pages.KEY))["targets"][TARGET]

    def test_only_hours_of_the_page_are_read_from_the_archive(self, catalog, store):
        publish_observations(catalog, full(world.observed([SEOUL])), run="a", score=1.0)
        kma_forecasts.publish(catalog, world.kma([SEOUL], 120), run="b", now=NOW)

        assert recent_forecasts.publish(catalog, store, world.latest([SEOUL]), NOW)
        official = world.kma([SEOUL], 120)
        expected = recent_forecasts.document(
            world.latest([SEOUL]),
            world.observed([SEOUL]),
            FORECASTS_SCHEMA.empty_table(),
            FIRST,
            NOW,
            kma=official,
        )
        assert self.published(store)["stations"] == expected["targets"][TARGET]["stations"]

    def test_before_the_first_model_it_is_published_alone(self, catalog, store):
        def make():
            given = {"max_input_age_hours": 2, "run": "f", "now": NOW}
            return forecasting.make(catalog, store, [TARGET], **given)

        publish_observations(catalog, full(world.observed([SEOUL])), run="a", score=1.0)
        assert "no model was deployed yet" in make()["reason"]
        with pytest.raises(FileNotFoundError):
            store.get(forecast_pages.KEY)

        kma_forecasts.publish(catalog, world.kma([SEOUL], 120), run="b", now=NOW)
        assert "no model was deployed yet" in make()["reason"]
        seoul = self.published(store)["stations"]["108"]
        assert seoul["forecast"] is None
        assert len(seoul["kma"]["forecast"]["values"]) == 48
        with pytest.raises(FileNotFoundError):
            store.get(forecasting.LATEST)
