"""Today's code reads the files that the version before the rewrite stored, and continues from them."""

import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import numpy as np
import pytest

from production import archive
from tests.browsing.memory import Memory
from tests.pages.reading import ENGLISH
from tests.stored.former import FOLDER, NEXT_VERSION, REFUSED_VERSION, REPORT, VERSION, objects, xcom

# The readers, in one place.
from weather_mlops.browsing import cards
from weather_mlops.browsing import models as models_page
from weather_mlops.browsing import monitoring as monitoring_page
from weather_mlops.browsing import raw as raw_page
from weather_mlops.browsing.forecasts import site as forecast_pages
from weather_mlops.ingest.history.fetch import Fetch
from weather_mlops.ingest.history.plan import Load
from weather_mlops.kma import wire
from weather_mlops.lake import raw
from weather_mlops.lake.panel import to_panel
from weather_mlops.lake.quota import DailyCalls
from weather_mlops.lake.staging import Staging
from weather_mlops.model.champion import load_champion
from weather_mlops.model.deployment import deploy
from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.plan import Plan
from weather_mlops.model.registry import Registry
from weather_mlops.monitoring import (
    champion,
    cleanup_record,
    daily_sums,
    report,
    seasons,
    section_store,
    stations,
    validation_results,
)
from weather_mlops.monitoring.alert_messages import AlertLinks
from weather_mlops.monitoring.alert_run import AlertStateStore, run_alerts
from weather_mlops.monitoring.alert_state import Rules
from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.verification import error_sums

TARGET = "air_temperature"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
"""Twenty minutes after the last run of the former version."""
COLLECTION = "data_collection/scheduled__2026-11-30T23:00:00+00:00"
HISTORY = "history/manual__2026-11-30T23:35:01.746584+00:00"
TRAINING = "model_training/manual__2026-11-30T23:35:33.666138+00:00"
MONITORING = "monitoring/manual__2026-11-30T23:41:08.458149+00:00"
RAW = "raw/kma/kma_sfctm3/2026/12/01/202612010600_202612010800_8-stations-7abd5d_95d7f6bd1ef2.txt.gz"
STATIONS = (98, 99, 101, 108, 112, 119, 202, 203)
STRICT = Gates(coverage=(0.97, 0.99))
COVERAGE_REFUSED = (
    "coverage: within p10 to p90: outside 97% to 99% at 2 of 2 leads, worst at 2 h: 78.8% "
    "(by this sample 78.8% to 78.8%)"
)
DISK = "disk_full:/opt/weather/.run/airflow"


@pytest.fixture
def store():
    return Memory(objects())


@pytest.fixture
def registry(store):
    return Registry(store, TARGET)


@pytest.fixture
def sections(store, tmp_path):
    return section_store.SectionStore(store, MONITORING, tmp_path).read({})


def plan_of(store, version):
    return Plan.from_dict(content(store, f"models/{TARGET}/versions/{version}/manifest.json")["plan"])


def content(store, key):
    return json.loads(store.get(key))


class TestModel:
    def test_the_champion_is_the_one_that_was_rolled_back_to(self, registry):
        decision = registry.champion()

        assert (decision.kind, decision.version, decision.previous) == ("rolled back", VERSION, NEXT_VERSION)
        assert decision.at == datetime(2026, 11, 30, 23, 41, 3, 799684, tzinfo=UTC)
        assert (decision.by, decision.reason) == ("root", "forecasts too warm")

    def test_all_decisions_are_read_in_their_order(self, registry):
        assert [(decision.kind, decision.version) for decision in registry.decisions()] == [
            ("deployed", VERSION),
            ("deployed", NEXT_VERSION),
            ("refused", REFUSED_VERSION),
            ("rolled back", VERSION),
        ]

    def test_the_manifest_has_its_figures_and_checksums(self, registry):
        version = registry.load(VERSION)

        assert version.manifest["recipe"] == "904342910e90"
        assert version.manifest["metrics"]["rmse"] == {"1": 0.4631}
        assert version.manifest["plan"]["stations"] == [108, 112]
        assert len(version.files) == 9

    def test_the_champion_repeats_its_forecasts(self, store, registry):
        _, forecaster = load_champion(registry, registry.champion())
        observations = Staging(store, TRAINING).read_table(f"{TARGET}/observations")
        panel = to_panel(observations, forecaster.inputs, stations=forecaster.stations)
        forecast = forecaster.predict(panel, np.array([panel.length - 1]))
        smoke = json.loads(registry.file(VERSION, "smoke.json"))
        published = content(store, "forecasts/latest.json")["targets"][TARGET]["stations"]

        assert panel.time_at(panel.length - 1).isoformat() == smoke["issued_at"]
        assert forecast.p50[:, 0] == pytest.approx(np.array(smoke["p50"]), abs=1e-5)
        for quantile in ("p10", "p50", "p90"):
            values = [station[quantile] for station in published.values()]
            assert getattr(forecast, quantile)[:, 0] == pytest.approx(np.array(values), abs=6e-4)

    def test_a_version_evaluated_before_an_upgrade_is_judged(self, store, registry):
        del store.objects[f"models/{TARGET}/champion.json"]  # as it was when it was evaluated
        decision = deploy(registry, None, plan_of(store, VERSION), STRICT, now=NOW, by="next").decision

        assert (decision.kind, decision.version) == ("refused", VERSION)
        assert decision.reason == COVERAGE_REFUSED

    def test_a_version_compared_with_the_champion_is_judged(self, store, registry):
        decision = deploy(registry, None, plan_of(store, NEXT_VERSION), STRICT, now=NOW, by="next").decision

        assert (decision.kind, decision.previous) == ("refused", VERSION)
        assert decision.reason == COVERAGE_REFUSED

    def test_monitoring_knows_what_the_champion_promised(self, store):
        deployed = champion.load(store, TARGET, None, NOW)

        assert deployed.decision.version == VERSION
        assert deployed.promised["1"] == {"rmse": 0.4631, "coverage_80": 0.8168}
        assert deployed.damping.stations == [108, 112]
        assert deployed.damping.factors == pytest.approx([0.955336, 0.879715], abs=1e-6)

    def test_a_plan_of_a_running_training_is_read(self):
        stored = xcom("check_data_readiness")
        plan = Plan.from_dict(stored)

        assert (plan.version, plan.stations, plan.horizon_hours) == (REFUSED_VERSION, (108, 112), 2)
        assert plan.holdout_first == datetime(2026, 11, 16, 12, tzinfo=UTC)
        assert plan.as_dict() == {**stored, "kma_snapshot_id": None}


class TestMonitoring:
    def test_all_sections_of_a_run_are_read(self, sections):
        system, data, model = sections

        assert [section.missing for section in sections] == [[], [], []]
        assert system.figures["machine"]["cores"] == 2
        assert data.figures["newest_observed_at"] == "2026-11-30T23:00:00+00:00"
        assert model.figures["targets"][TARGET]["champion"]["version"] == VERSION
        assert [check.problem for check in system.checks if check.status is Status.BREACH] == [DISK]

    def test_the_open_alert_is_known_with_its_last_message(self, store, tmp_path):
        (alert,) = AlertStateStore(store, tmp_path / "alerts.json").read().alerts.values()

        assert (alert.check.problem, alert.is_open, alert.bad) == (DISK, True, 5)
        assert alert.told_at == datetime(2026, 11, 30, 23, 36, 1, 512959, tzinfo=UTC)

    def test_an_open_alert_is_not_sent_again(self, store, tmp_path):
        assert run(store, tmp_path, [Status.BREACH] * 3) == []

    def test_an_open_alert_resolves_with_one_message(self, store, tmp_path):
        assert run(store, tmp_path, [Status.OK] * 4) == [f"[weather] CRITICAL {DISK}: resolved"]

    def test_the_same_run_is_not_counted_twice(self, store, tmp_path):
        run(store, tmp_path, [Status.BREACH], first_run=MONITORING)
        (alert,) = AlertStateStore(store, tmp_path / "alerts.json").read().alerts.values()

        assert alert.bad == 5

    def test_sensors_that_were_off_are_known(self, store):
        assert stations.load_off_sensors(store) == {"air_temperature_c@112": "2026-11-21T21:00:00+00:00"}

    def test_drift_of_the_day_is_not_measured_again(self, store):
        figures = seasons.current(None, store, last=NOW, limits=DataQualityLimits(), now=NOW)

        assert figures["stations"] == 8
        assert (figures["variables"][0]["name"], figures["variables"][0]["psi"]) == (
            "air_temperature_c",
            1.1997,
        )

    def test_sums_of_errors_of_earlier_days_are_kept(self, store):
        sums = daily_sums.load(store, TARGET)
        figures = error_sums.figures(error_sums.total(sums.days["2026-11-30"]["leads"]))

        assert figures["n"] == 94
        assert (figures["rmse"], figures["coverage_80"]) == pytest.approx((0.68829, 0.75532), abs=1e-5)
        assert figures["persistence_rmse"] == pytest.approx(0.99065, abs=1e-5)
        assert sums.issued["2026-12-01"][:2] == [498_902, 498_903]
        assert sums.verified["version"] == VERSION

    def test_the_last_cleanup_is_known(self, store):
        assert cleanup_record.last_done(store) == datetime(2026, 11, 30, 23, 34, 33, 605320, tzinfo=UTC)

    def test_validation_results_have_their_scores(self, store):
        (result,) = validation_results.runs(store, NOW - timedelta(days=1), NOW)

        assert result.at == datetime(2026, 11, 30, 23, 34, tzinfo=UTC)
        assert (result.score, result.fit_share) == (1, 1)
        assert validation_results.score_parts(store, result) == dict.fromkeys(
            ["completeness", "validity", "consistency", "timeliness"], 1
        )

    def test_the_next_report_is_compared_with_the_former(self, store, sections):
        later = report.publish(store, sections, now=NOW, language="en", run="monitoring/next")
        document = content(store, later.json_key)

        assert document["changes"]["since"]["key"] == f"{REPORT}.json"
        assert document["changes"]["why_not"] is None
        assert (document["changes"]["opened"], document["changes"]["closed"]) == ([], [])
        assert [past["problems"] for past in document["history"]] == [1, 2, 1]


def run(store, folder, statuses, first_run=""):
    """Titles of the messages that runs with these results of the disk's check send."""
    sent = []
    for number, status in enumerate(statuses):
        check = Check(*DISK.split(":"), status, CheckSeverity.CRITICAL, 28.0, 90.0, "%", "78 GB are free")
        run_alerts(
            AlertStateStore(store, folder / "alerts.json"),
            [Section("system_health", checks=[check])],
            Rules(),
            send=sent.append,
            unconfigured="",
            links=AlertLinks("report", "runbook"),
            language="en",
            run=first_run or f"run {number}",
            now=NOW + number * timedelta(minutes=30),
        )
    return [message.title for message in sent]


class TestPages:
    def test_the_latest_report_is_shown(self, store):
        page = monitoring_page.render(
            monitoring_page.read_latest(store),
            monitoring_page.read_archive(store, date(2026, 12, 1)),
            ENGLISH,
        )

        assert "Disk in use, /opt/weather/.run/airflow: 27.8\u00a0%, limit 1\u00a0%." in page
        assert "Open the report of 2026-12-01 08:41\u00a0KST" in page
        assert page.count("Act now") == 2  # the latest report, and its line among those of the day

    def test_the_champion_is_shown_with_all_decisions(self, store):
        models = models_page.read(store, TARGET, NOW, versions=True)
        page = models_page.render([models], ENGLISH) + models_page.render_history(models, ENGLISH)

        assert models.faults == []
        assert f"versions/{VERSION}/card.html" in page
        assert "forecasts too warm" in page
        assert "0.46" in page
        assert "coverage: within p10 to p90: 81.7% at 1 h, 78.8% at 2 h" in page

    def test_a_card_whose_evaluation_is_older_is_shown_as_stored(self, store):
        assert cards.draw(store, f"models/{TARGET}/versions/{VERSION}/card.html", ENGLISH) is None

    def test_the_forecasts_of_all_stations_are_shown(self, store):
        body = store.get("forecasts/stations.json")

        assert "Incheon" in forecast_pages.overview(body, None, None, ENGLISH, old=False)
        assert VERSION in forecast_pages.overview(body, TARGET, "1", ENGLISH, old=False)

    def test_the_forecast_of_a_station_is_shown(self, store):
        body = store.get("forecasts/stations.json")
        page = forecast_pages.station(body, TARGET, "108", ENGLISH, old=False)

        assert "Seoul" in page
        assert "6.4" in page

    def test_a_raw_response_is_listed_with_its_rows(self, store):
        (response,) = raw_page.read(store, [RAW])

        assert response.fault == ""
        assert (response.about.rows, response.about.bytes) == (24, 7217)


class TestIngest:
    def test_a_raw_response_is_read_with_its_request(self, store):
        response = raw.read_response(store, RAW)
        (request,) = raw.list_all(store, "kma_sfctm3")

        assert sha256(response.body).hexdigest() == response.about["sha256"]
        assert response.received_at == datetime(2026, 11, 30, 23, 34, 28, 627100, tzinfo=UTC)
        assert request.stations == STATIONS
        assert request.end == datetime(2026, 11, 30, 23, tzinfo=UTC)
        assert wire.parse(response.body).rows.num_rows == 24

    def test_calls_of_the_day_are_counted(self, store):
        assert DailyCalls(store, 20_000, lambda: NOW).left == 20_000 - 4

    def test_a_load_that_was_begun_goes_on(self, store):
        (lane,) = xcom("plan_history")
        load = Load.from_dict(lane)
        fetched = Fetch(load, lane["lane"], client=None, store=store, catalog=None, run=HISTORY, final=False)

        assert (load.stations, load.rows_per_part, load.again) == (STATIONS, 400_000, False)
        assert load.as_dict() | {"lane": 0} == lane
        assert fetched.work()["calls"] == 0  # the only batch is published

    def test_staged_batches_have_their_tables_and_notes(self, store):
        staging = Staging(store, COLLECTION)

        assert {name: table.num_rows for name, table in staging.read("collected").tables.items()} == {
            "rows": 24,
            "rejected": 0,
            "expected": 24,
        }
        assert staging.read("audited").notes["counts"]["rows_arrived"] == 24


def test_a_backup_is_unpacked_with_its_manifest(tmp_path):
    file = FOLDER / "backups" / "weather-20261127T033000Z.tar"
    seal = file.with_name(f"{file.name}.sha256").read_text()
    manifest, dumps = archive.unpack(file, seal, tmp_path, archive.Keys(b"a key"), unverified=True)

    assert manifest.made_at == datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
    assert manifest.dumps["airflow"].rows == {"dag_run": 3}
    assert dumps["airflow"].read_bytes() == b"PGDMP of no database\n"
