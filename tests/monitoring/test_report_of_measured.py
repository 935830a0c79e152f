"""The report of what is really measured, from the first hour of a new system on."""

from datetime import UTC, datetime

import pytest

from tests.monitoring.test_report import Page
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.monitoring import data_quality, performance
from weather_mlops.monitoring.report import Verdict, publish

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_first_hour_of_a_new_system_has_a_report_that_says_what_is_not_there(store, catalog, language):
    ensure_tables(catalog)
    sections = [
        data_quality.measure(catalog, store, data_quality.Limits(), NOW),
        performance.measure(catalog, store, ["air_temperature"], performance.Limits(), NOW),
    ]
    made = publish(store, sections, now=NOW, language=language, run="first")
    page = Page(store.get(made.html_key).decode())

    assert made.verdict is Verdict.WATCH
    assert page.open == []
    for section in sections:
        for gap in section.missing:
            assert gap.why in page.text
