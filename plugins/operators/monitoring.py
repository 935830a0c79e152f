"""The last three tasks of pipelines/monitoring.yml: report, alerts, cleanup. The others: measuring.py."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.configuration import conf

from operators.base import run_label
from operators.links import PAGES_URL, PageLink
from operators.measuring import MonitoringOperator, reasons

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.monitoring.alert_messages import AlertLinks


ALERT_TEST: Final = "alert_test"
"""XCom of send_alerts: what a test of the channel delivered, or what is missing."""


class GenerateReportOperator(MonitoringOperator):
    """Make the report of what was measured, and say what is missing.

    Args:
        language: of the report, ``en`` or ``ko``.
        runbook_url: of docs/runbook.md, as people reach it.
        spare_folder: see MonitoringOperator.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    operator_extra_links = (PageLink("Report", "report_key"), PageLink("Latest report", "latest_key"))
    ui_color = "#f5ecd2"

    def __init__(self, *, language: str = "en", runbook_url: str = "docs/runbook.md", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language = language
        self.runbook_url = runbook_url

    def work(self, context: "Context") -> dict[str, Any]:
        """Collect the sections, and publish."""
        from weather_mlops.monitoring.section_store import publish

        section_store = self.section_store(context)
        sections = section_store.read(reasons(context))
        return publish(
            section_store, sections, now=datetime.now(UTC), language=self.language, runbook=self.runbook_url
        )


class SendAlertsOperator(MonitoringOperator):
    """Open, repeat and resolve alerts; tell people.

    Args:
        rules: when something is told, see ``weather_mlops.monitoring.alert_state.Rules``.
        alerts_conn_id: Airflow connection of the apprise provider.
        language: of the messages, ``en`` or ``ko``.
        airflow_url: where people reach Airflow; empty = Airflow's own setting, ``[api] base_url``.
        runbook_url: of docs/runbook.md, as people reach it.
        test: send a message that is marked as a test, and nothing else: no alert is opened or sent.
        retrain_on_breach: whether an open alert of model_performance starts model_training, once a day.
        airflow_conn_id: Airflow connection of Airflow's own REST API, for that.
        spare_folder: see MonitoringOperator.
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

    def work(self, context: "Context") -> dict[str, Any]:
        """Take the checks in, and tell what is due; red where that was not delivered."""
        if str(self.test) == "True":
            return self.try_channel(context)
        from hooks.airflow_api import AirflowApiHook
        from hooks.alerts import AlertsHook
        from weather_mlops.errors import ChannelUnavailable
        from weather_mlops.monitoring import alert_run, alert_state, retraining
        from weather_mlops.thresholds import limits_of

        section_store, channel, now = (
            self.section_store(context),
            AlertsHook(self.alerts_conn_id),
            datetime.now(UTC),
        )
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
        told = outcome.as_dict()
        if self.retrain_on_breach:
            client = AirflowApiHook(self.airflow_conn_id).get_client
            told["retraining"] = retraining.retrain(client, outcome.open, now)
        if outcome.sent is False:
            raise ChannelUnavailable(f"alerts: {outcome.summary}")
        return told

    def try_channel(self, context: "Context") -> dict[str, Any]:
        """Send a test message; what was delivered or is missing is in the XCom ``alert_test`` either way."""
        from hooks.alerts import AlertsHook
        from weather_mlops.errors import AlertTestFailed
        from weather_mlops.monitoring.alert_test import send_test, test_message
        from weather_mlops.monitoring.report.translations import Translator

        channel, name = AlertsHook(self.alerts_conn_id), f"connection {self.alerts_conn_id}"
        message = test_message(
            run_label(context), self.links(context), Translator(self.language), datetime.now(UTC)
        )
        try:
            told = send_test(name, channel.get_services(), channel.unconfigured, message)
        except AlertTestFailed as error:
            context["ti"].xcom_push(key=ALERT_TEST, value=str(error))
            raise
        context["ti"].xcom_push(key=ALERT_TEST, value=told)
        return {"alerts": told}

    def links(self, context: "Context") -> "AlertLinks":
        """Where the message says to read on."""
        from weather_mlops.monitoring.alert_messages import AlertLinks

        made = context["ti"].xcom_pull(task_ids="generate_report") or {}
        airflow = (self.airflow_url or conf.get("api", "base_url", fallback="")).rstrip("/")
        key = made.get("report_key")
        report = (
            f"{airflow}/{PAGES_URL}/{key}" if key else made.get("report_file", "there is none of this run")
        )
        return AlertLinks(report, self.runbook_url)


class CleanupOperator(MonitoringOperator):
    """Remove what was kept long enough, once in a while; say what.

    Args:
        keep: how long what is kept, see ``weather_mlops.monitoring.retention.Keep``.
        every_hours: between two cleanings; runs in between have nothing to do.
        dry_run: count what would be removed, and remove nothing.
        logs_folder: of Airflow's log files on this machine; empty = where Airflow is told to write them.
        spare_folder: see MonitoringOperator.
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

    def work(self, context: "Context") -> dict[str, Any]:  # noqa: ARG002  a cleaning is about all runs
        """Clean, if it is time."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import retention
        from weather_mlops.thresholds import limits_of

        lake, now = LakeHook(self.aws_conn_id), datetime.now(UTC)
        keep = limits_of(retention.Keep, "keep", self.keep)
        last = retention.last_done(lake.store)
        if not self.only_counts and last and timedelta(0) <= now - last < timedelta(hours=self.every_hours):
            return {"cleanup": f"not due: done at {last.isoformat()}, every {self.every_hours:g} h"}
        logs = Path(self.logs_folder or conf.get("logging", "base_log_folder"))
        done = retention.Cleanup(lake.store, lake.catalog, logs, keep, now, dry_run=self.only_counts).run()
        if done.failed:
            raise next(iter(done.failed.values()))
        if not self.only_counts:
            retention.record(lake.store, done, now)
        return {"cleanup": "dry run: nothing was removed" if self.only_counts else "done", **done.as_dict()}
