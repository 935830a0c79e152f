"""The report of what is really measured, from the first hour of a new system on."""

import json
from datetime import UTC, datetime

import pytest

from tests.lake.conftest import empty_tables
from tests.monitoring import reported
from tests.pages.reading import Page
from weather_mlops.monitoring import data_quality, performance
from weather_mlops.monitoring.report import ReportVerdict, publish

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
HEALTH = reported.health()


@pytest.mark.prepared(tables=empty_tables)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_new_systems_first_report_says_what_is_missing(store, catalog, language):
    sections = [
        data_quality.measure(catalog, store, data_quality.DataQualityLimits(), NOW),
        performance.measure(catalog, store, ["air_temperature"], performance.ModelPerformanceLimits(), NOW),
    ]
    published = publish(store, [HEALTH, *sections], now=NOW, language=language, run="first")
    page = Page(store.get(published.html_key).decode())

    assert published.verdict is ReportVerdict.STARTING
    assert [step["step"] for step in json.loads(store.get(published.json_key))["to_come"]] == [
        "first_collection", "first_model"
    ]  # fmt: skip
    for section in sections:
        for gap in section.missing:
            assert gap.why in page.text
