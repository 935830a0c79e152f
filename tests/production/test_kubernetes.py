"""deploy/helm-values.yaml and deploy/pod-training.yaml.

The chart isn't rendered: neither it nor its schema comes from a package registry. The tests check that every
key of the values exists in the chart (CHART, compiled by hand); that every setting is one of Airflow's, and
none of deploy/airflow.cfg is missing; that what Kubernetes reads is complete and has no misspelt key, by
Kubernetes' own client; that docs/operations.md creates the secrets that are read; that the files contain no
secret; and that one line of a pipeline's YAML puts a task on the larger machine, in a pod like those of other
tasks.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf
from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import ApiClient

from weather_mlops.pipelines.validation import validate

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PIPELINES = DEPLOY.parent / "pipelines"
COMPOSE = DEPLOY.parent / "docker-compose.production.yml"
VALUES = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text())
PARTS = ("apiServer", "scheduler", "dagProcessor", "triggerer")
# Keys of chart 1.22 that we use: compiled by hand from the chart's files of 1.19, of the branch that becomes
# 2.0, and from the release notes between. Below these keys Kubernetes or Airflow defines the format.
CHART = {
    *("executor", "airflowVersion", "defaultAirflowRepository", "defaultAirflowTag", "env", "extraEnvFrom"),
    *("images.airflow.repository", "images.airflow.tag", "images.airflow.pullPolicy"),
    *("fernetKeySecretName", "jwtSecretName", "apiSecretKeySecretName", "data.metadataSecretName"),
    "enableBuiltInSecretEnvVars.AIRFLOW_CONN_AIRFLOW_DB",
    *("config", "securityContexts.pod", "securityContexts.containers"),
    *("postgresql.enabled", "pgbouncer.enabled", "redis.enabled", "statsd.enabled", "flower.enabled"),
    *(
        "otelCollector.tracesEnabled",
        "createUserJob.enabled",
        "migrateDatabaseJob.args",
        "migrateDatabaseJob.env",
    ),
    *(f"{part}.{key}" for part in PARTS for key in ("resources", "serviceAccount.annotations")),
    *("apiServer.replicas", "scheduler.replicas", "triggerer.replicas"),
    *("apiServer.startupProbe.failureThreshold", "scheduler.startupProbe.failureThreshold"),
    *("dagProcessor.enabled", "triggerer.enabled", "triggerer.persistence.enabled"),
    *(f"workers.kubernetes.serviceAccount.{key}" for key in ("create", "name", "annotations")),
    *("workers.kubernetes.resources", "dags.persistence.enabled", "dags.gitSync.enabled"),
    "logs.persistence.enabled",
}
# Settings of deploy/airflow.cfg for containers only: the chart fills in the first, a pod's disk ends with the
# pod, and there are no Celery workers.
CONTAINERS_ONLY = {
    ("core", "execution_api_server_url"),
    ("logging", "delete_local_logs"),
    ("celery", "worker_concurrency"),
}
OF_THE_CHART = {"fernet-key", "jwt-secret", "api-secret-key", "connection"}
"""The keys by which the chart reads its secrets."""
TRAINING = yaml.safe_load((DEPLOY / "pod-training.yaml").read_text())


def dotted(values: dict[str, Any], above: str = "") -> Iterator[str]:
    """Yield the keys of the values as the chart's documentation writes them, as deep as CHART lists them."""
    for name, value in values.items():
        key = above + name
        if key in CHART or not isinstance(value, dict):
            yield key
        else:
            yield from dotted(value, f"{key}.")


def as_read(kind: str, written: object) -> object:
    """Read a value with Kubernetes' client, and write it again: unknown keys are lost."""
    client = ApiClient()
    return client.sanitize_for_serialization(client._ApiClient__deserialize(written, kind))


def test_all_values_exist_in_the_chart():
    assert set(dotted(VALUES)) == CHART
    assert VALUES["executor"] == KubernetesExecutor.__name__


def test_each_setting_is_one_of_airflow():
    for section, options in VALUES["config"].items():
        for option, value in options.items():
            assert conf.has_option(section, option), f"[{section}] {option}"
            assert value is not None


@pytest.mark.skipif(not (DEPLOY / "airflow.cfg").exists(), reason="no deploy/airflow.cfg")
def test_settings_are_those_of_the_containers():
    from configparser import ConfigParser  # noqa: PLC0415

    parser = ConfigParser(interpolation=None)
    parser.read(DEPLOY / "airflow.cfg")
    config = VALUES["config"]
    containers = {
        (section, option): parser[section][option]
        for section in parser.sections()
        for option in parser[section]
    }
    for (section, option), value in containers.items():
        if (section, option) not in CONTAINERS_ONLY:
            assert str(config[section][option]) == value, f"[{section}] {option}"
    assert containers.keys() >= CONTAINERS_ONLY


def test_what_kubernetes_reads_is_complete():
    for part in [*(VALUES[name] for name in PARTS), VALUES["workers"]["kubernetes"]]:
        assert as_read("V1ResourceRequirements", part["resources"]) == part["resources"]
        assert part["resources"]["limits"]["memory"]
        assert "role-arn" in str(part["serviceAccount"]["annotations"])
    contexts = VALUES["securityContexts"]
    assert as_read("V1PodSecurityContext", contexts["pod"]) == contexts["pod"]
    assert as_read("V1SecurityContext", contexts["containers"]) == contexts["containers"]
    assert as_read("V1Pod", TRAINING) == TRAINING
    secrets = yaml.safe_load(VALUES["extraEnvFrom"])
    assert [as_read("V1EnvFromSource", source) for source in secrets] == secrets
    for variables in (VALUES["env"], VALUES["migrateDatabaseJob"]["env"]):
        assert [as_read("V1EnvVar", variable) for variable in variables] == variables


def test_a_misspelt_key_would_be_noticed():
    assert as_read("V1ResourceRequirements", {"limit": {"memory": "1Gi"}}) != {"limit": {"memory": "1Gi"}}


def test_training_has_what_the_pods_of_other_tasks_have():
    spec = TRAINING["spec"]
    (container,) = spec["containers"]
    assert spec["serviceAccountName"] == VALUES["workers"]["kubernetes"]["serviceAccount"]["name"]
    assert VALUES["workers"]["kubernetes"]["serviceAccount"]["create"] is True
    assert spec["securityContext"] == VALUES["securityContexts"]["pod"]
    assert container["securityContext"] == VALUES["securityContexts"]["containers"]
    assert container["envFrom"] == yaml.safe_load(VALUES["extraEnvFrom"])
    assert [variable for variable in VALUES["env"] if variable not in container["env"]] == []


@pytest.mark.skipif(not COMPOSE.exists(), reason="no docker-compose.production.yml")
def test_the_page_makes_the_secrets_that_are_read():
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    lines = dict(re.findall(r"^kubectl create secret generic (\S+) (.*)$", page, flags=re.MULTILINE))
    created = {name: set(re.findall(r"--from-literal=([\w-]+)=", line)) for name, line in lines.items()}
    of_the_job = {
        variable["valueFrom"]["secretKeyRef"]["key"] for variable in VALUES["migrateDatabaseJob"]["env"]
    }
    assert created[VALUES["data"]["metadataSecretName"]] == OF_THE_CHART | of_the_job
    connections = set(re.findall(r"^    (AIRFLOW_CONN_\w+):", COMPOSE.read_text(), flags=re.MULTILINE))
    assert created["weather-mlops-env"] == connections


def test_no_variable_of_a_task_holds_the_database_connection():
    """Airflow overwrites AIRFLOW__DATABASE__SQL_ALCHEMY_CONN in a task's process, but not this variable."""
    assert VALUES["enableBuiltInSecretEnvVars"]["AIRFLOW_CONN_AIRFLOW_DB"] is False
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in str(TRAINING)
    assert TRAINING["spec"]["automountServiceAccountToken"] is False


@pytest.mark.skipif(not COMPOSE.exists(), reason="no docker-compose.production.yml")
def test_the_database_user_is_that_of_the_containers():
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    (user,) = set(re.findall(r"postgresql\+psycopg2://(\w+)@airflow-postgres", COMPOSE.read_text()))
    assert f'connection="postgresql+psycopg2://{user}:$DATABASE_PASSWORD@' in page
    assert f"create role {user} login password" in page


def test_no_secret_stands_in_it():
    text = (DEPLOY / "helm-values.yaml").read_text() + (DEPLOY / "pod-training.yaml").read_text()
    assert not [word for word in ("password:", "fernetKey:", "jwtSecret:", "AKIA") if word in text]
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
