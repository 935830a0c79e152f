"""deploy/helm-values.yaml and deploy/pod-training.yaml.

The chart isn't rendered: neither it nor its schema comes from a package registry. What is checked: that the
values' top names are those of chart 1.22 that its documents use (CHART, by hand); that every setting is one
of Airflow's; that what Kubernetes reads is whole and has no misspelt key, by Kubernetes' own client; that no
secret stands in it; and that one line of a pipeline's YAML puts a task on the larger machine.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from airflow.configuration import conf
from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import ApiClient

from weather_mlops.pipelines.validation import validate

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PIPELINES = DEPLOY.parent / "pipelines"
VALUES = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text())
CHART = {
    *(
        "executor",
        "airflowVersion",
        "defaultAirflowRepository",
        "defaultAirflowTag",
        "images",
        "env",
        "extraEnvFrom",
    ),
    *("fernetKeySecretName", "jwtSecretName", "apiSecretKeySecretName", "data", "config", "securityContexts"),
    *("postgresql", "pgbouncer", "redis", "statsd", "flower", "dags", "logs", "createUserJob"),
    *("apiServer", "scheduler", "dagProcessor", "triggerer", "workers"),
}
PARTS = ("apiServer", "scheduler", "dagProcessor", "triggerer")


def as_read(kind: str, written: object) -> object:
    """What Kubernetes' client makes of it, written again: a key that it doesn't know is lost."""
    client = ApiClient()
    return client.sanitize_for_serialization(client._ApiClient__deserialize(written, kind))


def test_only_values_that_the_chart_knows():
    assert set(VALUES) == CHART
    assert VALUES["executor"] == KubernetesExecutor.__name__


def test_each_setting_is_one_of_airflow():
    for section, options in VALUES["config"].items():
        for option, value in options.items():
            assert conf.has_option(section, option), f"[{section}] {option}"
            assert value is not None


@pytest.mark.skipif(not (DEPLOY / "airflow.cfg").exists(), reason="no deploy/airflow.cfg")
def test_settings_are_those_of_the_containers():
    from configparser import ConfigParser  # noqa: PLC0415

    kept = ConfigParser(interpolation=None)
    kept.read(DEPLOY / "airflow.cfg")
    shared = [
        (section, option)
        for section, options in VALUES["config"].items()
        for option in options
        if kept.has_option(section, option)
    ]
    assert len(shared) > 5
    for section, option in shared:
        assert str(VALUES["config"][section][option]) == kept[section][option], f"[{section}] {option}"


def test_what_kubernetes_reads_is_whole():
    for part in [*(VALUES[name] for name in PARTS), VALUES["workers"]["kubernetes"]]:
        assert as_read("V1ResourceRequirements", part["resources"]) == part["resources"]
        assert part["resources"]["limits"]["memory"]
        assert "role-arn" in str(part["serviceAccount"]["annotations"])
    contexts = VALUES["securityContexts"]
    assert as_read("V1PodSecurityContext", contexts["pod"]) == contexts["pod"]
    assert as_read("V1SecurityContext", contexts["container"]) == contexts["container"]
    template = yaml.safe_load((DEPLOY / "pod-training.yaml").read_text())
    assert as_read("V1Pod", template) == template
    secrets = yaml.safe_load(VALUES["extraEnvFrom"])
    assert [as_read("V1EnvFromSource", source) for source in secrets] == secrets
    assert [as_read("V1EnvVar", variable) for variable in VALUES["env"]] == VALUES["env"]


def test_a_misspelt_key_would_be_found():
    assert as_read("V1ResourceRequirements", {"limit": {"memory": "1Gi"}}) != {"limit": {"memory": "1Gi"}}


def test_no_secret_stands_in_it():
    text = (DEPLOY / "helm-values.yaml").read_text() + (DEPLOY / "pod-training.yaml").read_text()
    assert not [word for word in ("password", "fernetKey:", "jwtSecret:", "AKIA") if word in text]
    assert {variable["name"] for variable in VALUES["env"]}.isdisjoint(
        {"KMA_AUTH_KEY", "AWS_SECRET_ACCESS_KEY"}
    )


def test_training_goes_to_a_larger_machine_by_one_line_of_yaml(tmp_path):
    line = "executor_config: {pod_template_file: /opt/airflow/deploy/pod-training.yaml}"
    assert line in (DEPLOY / "pod-training.yaml").read_text()
    for file in PIPELINES.glob("*.yml"):
        (tmp_path / file.name).write_text(file.read_text())
    training = tmp_path / "training.yml"
    before = "      operator: operators.training.TrainModelOperator\n"
    training.write_text(training.read_text().replace(before, f"{before}      {line}\n"))
    assert validate(tmp_path) == []
    read = yaml.safe_load(training.read_text())["model_training"]["tasks"]
    (task,) = [task for task in read if task["task_id"] == "train_model"]

    pod = PodGenerator.construct_pod(
        dag_id="model_training",
        task_id=task["task_id"],
        pod_id="train-model-abc",
        try_number=1,
        kube_image="registry/weather-mlops:1",
        date=datetime(2026, 11, 27, tzinfo=UTC),
        args=["airflow", "tasks", "run"],
        pod_override_object=PodGenerator.from_obj(task["executor_config"]),
        base_worker_pod=PodGenerator.deserialize_model_file(
            str(DEPLOY / Path(task["executor_config"]["pod_template_file"]).name)
        ),
        namespace="weather",
        scheduler_job_id="1",
    )
    assert pod.spec.node_selector == {"node.kubernetes.io/instance-type": "c7i.2xlarge"}
    assert pod.spec.containers[0].resources.requests == {"cpu": "4", "memory": "6Gi"}
    assert pod.spec.containers[0].image == "registry/weather-mlops:1"
