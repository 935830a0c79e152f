"""The seven tasks of pipelines/monitoring.yml: four measure, then come report, alerts and cleanup."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.configuration import AIRFLOW_HOME, conf

from operators.base import run_label
from operators.links import PAGES_URL, PageLink
from operators.monitoring_base import ALERT_TEST, MeasuringOperator, MonitoringOperator, reasons

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.monitoring.alert_messages import AlertLinks
    from weather_mlops.monitoring.alert_run import AlertSummary
    from weather_mlops.monitoring.checks import Section
    from weather_mlops.monitoring.cleanup_record import CleanupSummary
    from weather_mlops.monitoring.section_store import ReportSummary


class SystemHealthOperator(MeasuringOperator):
    """Measure the host, Airflow, S3 and the KMA's API.

    Args:
        limits: limits of the checks, see ``weather_mlops.monitoring.health.SystemHealthLimits``.
        disks: a path on each disk to watch; empty = Airflow's home.
        daily_calls: the quota of the KMA account, calls per day (KST).
        airflow_conn_id: Airflow connection of Airflow's own REST API.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e6e9ec"

    def __init__(
        self,
        *,
        disks: Sequence[str] = (),
        daily_calls: int = 20_000,
        airflow_conn_id: str = "airflow_api_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.disks = disks
        self.daily_calls = daily_calls
        self.airflow_conn_id = airflow_conn_id

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.airflow_api import AirflowApiHook
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import health

        limits = self.limits_as(health.SystemHealthLimits)
        return health.measure(
            LakeHook(self.aws_conn_id).store,
            AirflowApiHook(self.airflow_conn_id).get_client,
            limits,
            disks=self.disks or [AIRFLOW_HOME],
            state_dir=Path(self.spare_folder),
            daily_calls=self.daily_calls,
            now=now,
        )


class DataQualityOperator(MeasuringOperator):
    """Measure the data in the tables: completeness, validity, freshness and drift.

    Args:
        stations: ``all``, or a list of station ids and names: the stations to watch. No rows are expected
            of others.
        limits: limits of the checks, see ``weather_mlops.monitoring.data_quality.DataQualityLimits``.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e0f7d4"

    def __init__(self, *, stations: str | Sequence[int | str] = "all", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stations = stations

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import data_quality
        from weather_mlops.stations import resolve_station_ids

        lake = LakeHook(self.aws_conn_id)
        limits = self.limits_as(data_quality.DataQualityLimits)
        return data_quality.measure(lake.catalog, lake.store, limits, now, resolve_station_ids(self.stations))


class ModelPerformanceOperator(MeasuringOperator):
    """Compare past forecasts with what was observed since.

    Args:
        targets: what is forecast, e.g. ``[air_temperature]``.
        limits: limits of the checks, see ``weather_mlops.monitoring.model_limits.ModelPerformanceLimits``.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#d8dcf5"

    def __init__(self, *, targets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.targets = targets

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import performance

        lake = LakeHook(self.aws_conn_id)
        limits = self.limits_as(performance.ModelPerformanceLimits)
        return performance.measure(lake.catalog, lake.store, list(self.targets), limits, now)


class GenerateReportOperator(MonitoringOperator):
    """Make the report of what was measured; it names what is missing.

    Args:
        language: language of the report, ``en`` or ``ko``.
        runbook_url: address of docs/runbook.md for the links of the report.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    operator_extra_links = (PageLink("Report", "report_key"), PageLink("Latest report", "latest_key"))
    ui_color = "#f5ecd2"

    def __init__(self, *, language: str = "en", runbook_url: str = "docs/runbook.md", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language = language
        self.runbook_url = runbook_url

    def work(self, context: "Context") -> "ReportSummary":
        """Collect the sections, and publish."""
        from weather_mlops.monitoring.section_store import publish

        section_store = self.section_store(context)
        sections = section_store.read(reasons(context))
        return publish(
            section_store, sections, now=datetime.now(UTC), language=self.language, runbook=self.runbook_url
        )


class SendAlertsOperator(MonitoringOperator):
    """Open, repeat and resolve alerts, and send them.

    Args:
        rules: when alerts open, repeat and close, see ``weather_mlops.monitoring.alert_state.Rules``.
        alerts_conn_id: Airflow connection of the apprise provider.
        language: language of the messages, ``en`` or ``ko``.
        airflow_url: Airflow's address for the links; empty = Airflow's own setting, ``[api] base_url``.
        runbook_url: address of docs/runbook.md for the links of the messages.
        test: send a message that is marked as a test, and nothing else: no alert is opened or sent.
        retrain_on_breach: whether an open alert of model_performance starts model_training, once a day.
        airflow_conn_id: Airflow connection of Airflow's own REST API, for retrain_on_breach.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    template_fields = ("test",)
    ui_color = "#ffc4b0"

    def __init__(
        self,
        *,
        rules: Mapping[str, Any] | None = None,
        alerts_conn_id: str = "alerts",
        language: str = "en",
        airflow_url: str = "",
        runbook_url: str = "docs/runbook.md",
        test: bool | str = False,
        retrain_on_breach: bool = False,
        airflow_conn_id: str = "airflow_api_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rules = rules or {}
        self.alerts_conn_id = alerts_conn_id
        self.language = language
        self.airflow_url = airflow_url
        self.runbook_url = runbook_url
        self.test = test
        self.retrain_on_breach = retrain_on_breach
        self.airflow_conn_id = airflow_conn_id

    def work(self, context: "Context") -> "AlertSummary":
        """Update the alerts by the run's checks, and send those that are due; fail if that didn't work."""
        if str(self.test) == "True":
            return self.try_channel(context)
        from hooks.airflow_api import AirflowApiHook
        from hooks.alerts import AlertsHook
        from weather_mlops.errors import ChannelUnavailable
        from weather_mlops.monitoring import alert_run, alert_state, retraining
        from weather_mlops.thresholds import limits_of

        section_store, now = self.section_store(context), datetime.now(UTC)
        channel = AlertsHook(self.alerts_conn_id)
        outcome = alert_run.run_alerts(
            alert_run.AlertStateStore(section_store.store, section_store.spare / "alerts.json"),
            section_store.read(reasons(context)),
            limits_of(alert_state.Rules, "rules", self.rules),
            send=channel.get_channel(),
            unconfigured=channel.unconfigured,
            links=self.links(context),
            language=self.language,
            run=section_store.run,
            now=now,
        )
        summary = outcome.as_dict()
        if self.retrain_on_breach:
            client = AirflowApiHook(self.airflow_conn_id).get_client
            summary["retraining"] = retraining.retrain(client, outcome.open, now)
        if outcome.sent is False:
            raise ChannelUnavailable(f"alerts: {outcome.summary}")
        return summary

    def try_channel(self, context: "Context") -> "AlertSummary":
        """Send a test message; push the result to the XCom ``alert_test``, also when it wasn't delivered."""
        from hooks.alerts import AlertsHook
        from weather_mlops.errors import AlertTestFailed
        from weather_mlops.monitoring.alert_test import send_test, test_message
        from weather_mlops.monitoring.report.translations import Translator

        channel, name = AlertsHook(self.alerts_conn_id), f"connection {self.alerts_conn_id}"
        words, now = Translator(self.language), datetime.now(UTC)
        message = test_message(run_label(context), self.links(context), words, now)
        try:
            result = send_test(name, channel.get_services(), channel.unconfigured, message)
        except AlertTestFailed as error:
            context["ti"].xcom_push(key=ALERT_TEST, value=str(error))
            raise
        context["ti"].xcom_push(key=ALERT_TEST, value=result)
        return {"alerts": result}

    def links(self, context: "Context") -> "AlertLinks":
        """Return the addresses that the message links to."""
        from weather_mlops.monitoring.alert_messages import AlertLinks

        published = context["ti"].xcom_pull(task_ids="generate_report") or {}
        airflow = (self.airflow_url or conf.get("api", "base_url", fallback="")).rstrip("/")
        key = published.get("report_key")
        file = published.get("report_file", "there is none of this run")
        return AlertLinks(f"{airflow}/{PAGES_URL}/{key}" if key else file, self.runbook_url)


class CleanupOperator(MonitoringOperator):
    """Remove data whose retention period is over, once in a while; return what was removed.

    Args:
        keep: retention periods, see ``weather_mlops.monitoring.retention.Keep``.
        every_hours: hours between two cleanups; runs in between do nothing.
        dry_run: count what would be removed, and remove nothing.
        logs_folder: local folder of Airflow's log files; empty = Airflow's ``[logging] base_log_folder``.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#d9d2c9"

    def __init__(
        self,
        *,
        keep: Mapping[str, Any] | None = None,
        every_hours: float = 24,
        dry_run: bool = False,
        logs_folder: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep = keep or {}
        self.every_hours = every_hours
        self.only_counts = dry_run  # Airflow's operators have a method dry_run
        self.logs_folder = logs_folder

    def work(self, context: "Context") -> "CleanupSummary":  # noqa: ARG002  a cleanup is about all runs
        """Clean up, if it is due."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import cleanup, cleanup_record, retention
        from weather_mlops.thresholds import limits_of

        lake, now = LakeHook(self.aws_conn_id), datetime.now(UTC)
        keep = limits_of(retention.Keep, "keep", self.keep)
        last = cleanup_record.last_done(lake.store)
        if not self.only_counts and last and timedelta(0) <= now - last < timedelta(hours=self.every_hours):
            return {"cleanup": f"not due: done at {last.isoformat()}, every {self.every_hours:g} h"}
        logs = Path(self.logs_folder or conf.get("logging", "base_log_folder"))
        done = cleanup.Cleanup(lake.store, lake.catalog, logs, keep, now, dry_run=self.only_counts).run()
        if done.failed:
            raise next(iter(done.failed.values()))
        if not self.only_counts:
            cleanup_record.record(lake.store, done, now)
        return {"cleanup": "dry run: nothing was removed" if self.only_counts else "done", **done.as_dict()}
