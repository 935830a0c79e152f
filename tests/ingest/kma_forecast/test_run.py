"""A run of the KMA's forecast from its requests to the table, and what each fault leaves behind."""

from tests.ingest.kma_forecast.conftest import ISSUE, STATIONS
from weather_mlops.kma.forecast.issues import valid_times


def test_an_issue_is_published_whole(pipeline):
    published = pipeline.whole()

    hours = valid_times(ISSUE)
    assert pipeline.keys() == sorted((station, ISSUE, hour) for station in STATIONS for hour in hours)
    assert published.published.inserted == len(STATIONS) * len(hours)
    assert set(pipeline.table()["source"].to_pylist()) == {"api_hub"}
    assert pipeline.gaps() == {}
