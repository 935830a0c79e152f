"""Monitoring says what forecasts were made from, and warns where the KMA's forecast reaches none of them."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.monitoring import reported
from tests.monitoring.test_performance import NOW, TARGET, deploy, forecast_rows, issue, twelve_days
from tests.monitoring.test_report import Page, drawn
from weather_mlops.lake.schemas import FORECAST_INPUTS, FORECASTS_SCHEMA, OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model.forecasting import LATEST
from weather_mlops.monitoring import performance
from weather_mlops.monitoring.checks import CheckSeverity, Section, Status

BEGINS_WITH_KMA = {"archive_days": 353.6, "leads": [None, {"damping": 0.0}]}
KMA, ALONE = WITH_KMA_FORECAST, OBSERVATIONS_ONLY
LEARNED = {
    "en": "It learned from 354 days of the KMA's forecasts",
    "ko": "기상청 예보 354일치를 학습했고",
}
NEWEST = {
    "en": "At 2 of 3 stations the newest forecast began with the KMA's: 50 % of all forecast hours.",
    "ko": "최신 예보가 기상청 예보에서 출발한 지점: 3곳 중 2곳, 전체 예보 시간의 50 %.",
}
ALONE_ONLY = {"en": "It forecasts from observations alone.", "ko": "관측값만으로 예보합니다."}


def measured(catalog, store, **limits) -> Section:
    return performance.measure(catalog, store, [TARGET], performance.ModelPerformanceLimits(**limits), NOW)


def unused(section: Section):
    (check,) = (each for each in section.checks if each.name == "kma_forecast_unused")
    return check


def newest(store, *by_station, **more) -> None:
    """Newest forecasts, given by what each lead of each station was made from."""
    stations = {str(98 + n): {"inputs": inputs, **more} for n, inputs in enumerate(by_station)}
    store.put(LATEST, json.dumps({"targets": {TARGET: {"stations": stations}}}).encode())


@pytest.mark.prepared(tables=twelve_days)
def test_it_warns_when_no_newest_forecast_has_the_kma_s(catalog, store):
    deploy(store, post_processing=BEGINS_WITH_KMA)
    newest(store, [ALONE, ALONE], [ALONE, ALONE], [ALONE, ALONE])
    check = unused(measured(catalog, store))

    assert (check.status, check.severity) == (Status.BREACH, CheckSeverity.WARNING)
    assert check.subject == TARGET
    assert "0 of 3 stations" in check.detail
    assert unused(measured(catalog, store, min_share_with_kma=0)).status == Status.OK


@pytest.mark.prepared(tables=twelve_days)
def test_one_station_with_the_kma_s_forecast_is_enough(catalog, store):
    deploy(store, post_processing=BEGINS_WITH_KMA)
    newest(store, [ALONE, KMA], [ALONE, ALONE], [ALONE, ALONE])
    section = measured(catalog, store)

    assert unused(section).status == Status.OK
    inputs = section.figures["targets"][TARGET]["inputs"]
    assert inputs == {"stations": 3, "with_kma": 1, "share_of_hours": pytest.approx(1 / 6, abs=1e-4)}


@pytest.mark.prepared(tables=twelve_days)
@pytest.mark.parametrize("post_processing", [None, {"archive_days": 20.0, "leads": [None, None]}])
def test_a_champion_of_observations_alone_needs_no_kma(catalog, store, post_processing):
    deploy(store, **({"post_processing": post_processing} if post_processing else {}))
    newest(store, [ALONE, ALONE])

    assert unused(measured(catalog, store)).status == Status.OK


@pytest.mark.prepared(tables=twelve_days)
@pytest.mark.parametrize("stored", [None, {"p50": [1.0]}])
def test_forecasts_that_do_not_say_their_inputs_are_unknown(catalog, store, stored):
    deploy(store, post_processing=BEGINS_WITH_KMA)
    if stored:  # by an older version
        store.put(LATEST, json.dumps({"targets": {TARGET: {"stations": {"108": stored}}}}).encode())
    section = measured(catalog, store)

    assert unused(section).status == Status.UNKNOWN
    assert not section.missing


@pytest.mark.prepared(tables=twelve_days)
def test_a_damaged_document_of_forecasts_is_named_alone(catalog, store):
    deploy(store, post_processing=BEGINS_WITH_KMA)
    issue(catalog, forecast_rows())
    store.put(LATEST, b"{")
    section = measured(catalog, store)

    assert [gap.what for gap in section.missing] == ["newest forecasts"]
    assert LATEST in unused(section).detail
    assert {check.name for check in section.checks if check.status == Status.UNKNOWN} == {
        "kma_forecast_unused"
    }


def with_inputs(rows: pa.Table) -> pa.Table:
    """The same forecasts: lead 1 from observations, lead 2 of an older version, lead 3 with the KMA's."""
    inputs = np.choose(rows["lead_hours"].to_numpy() - 1, [ALONE, "", KMA])
    inputs = pa.array([each or None for each in inputs.tolist()], pa.string())
    position = FORECASTS_SCHEMA.get_field_index("inputs")
    return rows.set_column(position, FORECASTS_SCHEMA.field(position), inputs)


@pytest.mark.prepared(tables=twelve_days)
def test_errors_are_measured_by_kind_of_inputs(catalog, store):
    deploy(store)
    issue(catalog, with_inputs(forecast_rows()))
    figures = measured(catalog, store).figures["targets"][TARGET]
    leads, by_inputs = figures["windows"]["7d"]["leads"], figures["by_inputs"]

    assert list(by_inputs) == list(FORECAST_INPUTS)
    assert by_inputs[KMA]["n"] == leads["3"]["n"]
    assert by_inputs[KMA]["rmse"] == pytest.approx(leads["3"]["rmse"], abs=1e-3)
    assert by_inputs[ALONE]["n"] == leads["1"]["n"] + leads["2"]["n"]


def reported_with(**changes) -> list[Section]:
    sections = reported.healthy(3)
    figures = sections[2].figures["targets"][TARGET]
    champion = {**figures["champion"], "kma_archive_days": changes.pop("kma_archive_days")}
    target = {**figures, "champion": champion, **changes}
    return [
        replace(section, figures={**section.figures, "targets": {TARGET: target}}) if n == 2 else section
        for n, section in enumerate(sections)
    ]


@pytest.mark.parametrize("language", LEARNED)
def test_the_report_says_what_forecasts_were_made_from(language):
    errors = {"n": 1234, "rmse": 1.25, "persistence_rmse": 2.5, "skill_persistence": 0.5, "bias": 0.1}
    inputs = {"stations": 3, "with_kma": 2, "share_of_hours": 0.5}
    by_inputs = {KMA: {**errors, "coverage_80": 0.8}, ALONE: {"n": 0}}
    sections = reported_with(kma_archive_days=353.6, inputs=inputs, by_inputs=by_inputs)
    text = Page(drawn(sections, language)).text

    assert LEARNED[language] in text
    assert NEWEST[language] in text
    assert "1,234 1.25 2.50 50.0 % +0.10 80.0 %" in text


@pytest.mark.parametrize("language", ALONE_ONLY)
def test_the_report_of_a_model_of_observations_says_so(language):
    text = Page(drawn(reported_with(kma_archive_days=None), language)).text

    assert ALONE_ONLY[language] in text
    assert ALONE_ONLY[language] not in Page(drawn(reported.healthy(3), language)).text  # an older section
