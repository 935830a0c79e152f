"""deploy/iam-policy*.json against moto's IAM: the project works under them, and needs each of their lines."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
import requests
import yaml
from botocore.exceptions import ClientError

from production import archive
from production.archive import Keys
from production.backup import PREFIX, Shelf, rotate
from tests.lake.conftest import hours, observations
from tests.lake.test_run import stage
from tests.model.sealed import NOTES
from tests.s3_proxy import S3Proxy
from weather_mlops.documents.decision import Decision
from weather_mlops.errors import StorageRefused, WeatherError
from weather_mlops.kma.client import Response
from weather_mlops.lake import file_io, maintenance, raw
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish, publish_run
from weather_mlops.lake.query import connect
from weather_mlops.lake.quota import DailyCalls
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.staging import Staging
from weather_mlops.model.registry import Registry
from weather_mlops.monitoring import storage
from weather_mlops.monitoring.cleanup import Cleanup
from weather_mlops.monitoring.report import publication
from weather_mlops.monitoring.retention import Keep
from weather_mlops.quality.docs import DOCS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NOW = datetime.now(UTC)
KEYS = Keys(b"the key that signs backups")
ADMIN = {"aws_access_key_id": "root", "aws_secret_access_key": "rootroot", "region_name": "us-east-1"}


def policy(name: str, bucket: str = "BUCKET") -> dict:
    text = (DEPLOY / f"{name}.json").read_text()
    return json.loads(
        text.replace("BUCKET", bucket).replace("REGION", "us-east-1").replace("ACCOUNT", "123456789012")
    )


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def grants(document: dict) -> list[tuple[str, str]]:
    """Return all pairs of action and resource."""
    return [
        (action, resource)
        for statement in document["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def of(pairs: list[tuple[str, str]]) -> dict:
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in pairs]
    return {"Version": "2012-10-17", "Statement": statements}


class Account:
    """A user with the rights of a policy, at a server that enforces them."""

    def __init__(self, url: str, access: S3Access) -> None:
        self.url = url
        self._iam = boto3.client("iam", endpoint_url=url, **ADMIN)
        self._user = f"weather-{access.bucket}"
        self._iam.create_user(UserName=self._user)
        key = self._iam.create_access_key(UserName=self._user)["AccessKey"]
        self.access = replace(
            access, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"]
        )

    def may(self, document: dict) -> None:
        self.enforce(on=False)
        self._iam.put_user_policy(
            UserName=self._user, PolicyName="weather", PolicyDocument=json.dumps(document)
        )
        self.enforce(on=True)

    def enforce(self, *, on: bool) -> None:
        requests.post(f"{self.url}/moto-api/reset-auth", data="0" if on else "inf", timeout=5)


@pytest.fixture
def account(server, access, monkeypatch) -> Iterator[Account]:
    real = ObjectStore.delete

    def one_by_one(self, *keys: str) -> None:
        """Delete key by key: moto checks a bulk delete by the bucket's name, Amazon by each key."""
        for key in keys:
            real(self, key)

    monkeypatch.setattr(ObjectStore, "delete", one_by_one)
    user = Account(f"http://127.0.0.1:{server}", access)
    yield user
    user.enforce(on=False)


class Work:
    """The project's own operations on each prefix."""

    def __init__(self, access: S3Access, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.access, self.store, self.folder, self.patch = access, ObjectStore(access), folder, monkeypatch
        self.number = len(list(folder.iterdir()))

    def catalog(self):
        self.patch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
        file = self.folder / f"{self.number}.db"
        return open_catalog(self.access, type="sql", uri=f"sqlite:///{file}")

    def clean(self) -> None:
        for days in (0, 1000):
            cleaned = Cleanup(
                self.store, self.catalog(), self.folder, Keep(), NOW + timedelta(days=days)
            ).run()
            for error in cleaned.failed.values():
                raise error

    def raw(self) -> None:
        response = Response("kma_sfctm3", {"tm1": "202401010000"}, "url", 200, NOW, str(self.number).encode())
        raw.read_response(self.store, raw.put_response(self.store, response, 3))

    def calls(self) -> None:
        DailyCalls(self.store, 20_000, lambda: NOW).take()
        self.clean()

    def staging(self) -> None:
        stage(self.store, "run").read("audited")
        Staging(self.store, "run").remove("audited")

    def warehouse(self) -> None:
        for name in ("FILES_DUE", "MONTH_FILES", "SNAPSHOTS_DUE"):
            self.patch.setattr(maintenance, name, 2)
        catalog = self.catalog()
        ensure_tables(catalog)
        for number in range(1, 4):
            publish(self.catalog(), observations([90], hours(number)), run=str(number))
        for _ in range(2):  # a compaction, then what it made superfluous
            maintenance.maintain(self.catalog(), NOW + timedelta(days=3))
        take_up(self.catalog(), self.store)

    def quality(self) -> None:
        self.store.put(f"{DOCS}/2026/01/02/0301_0.9_1.0_run.html", b"page")
        self.store.get(f"{DOCS}/2026/01/02/0301_0.9_1.0_run.html")
        self.clean()

    def models(self) -> None:
        registry = Registry(self.store, "air_temperature")
        registry.finalize("v1", {"lead_01.ubj": b"trees"}, NOTES)
        registry.finalize("v2", {"lead_01.ubj": b"trees"}, NOTES)
        registry.promote(Decision("deployed", "v1", None, NOW, "run", "every gate passed"))
        registry.load("v1")
        ensure_tables(self.catalog())
        self.clean()

    def forecasts(self) -> None:
        self.store.put("forecasts/latest.json", b"{}")
        self.store.get("forecasts/latest.json")

    def reports(self) -> None:
        for hour in (0, 1):
            at = NOW + timedelta(days=self.number, hours=hour)
            publication.publish(self.store, [], now=at, language="en", run=str(at))
        self.clean()

    def monitoring(self) -> None:
        result = storage.probe(self.store, lambda: datetime.now(UTC))
        if result.failed:
            raise StorageRefused(result.reason)

    def backups(self) -> None:
        for age in (3, 2):
            file = self.folder / archive.name_of(NOW - timedelta(days=age))
            file.write_bytes(os.urandom(9 << 20))
            self.store.put_file(PREFIX + file.name, file)
            seal = archive.seal_of(file, file.name, KEYS.signing)
            self.store.put(PREFIX + file.name + archive.SEAL, seal.encode())
            self.store.get_file(PREFIX + file.name, self.folder / "copy")
            file.unlink()
        assert rotate(Shelf(self.folder / "none", self.store, KEYS), NOW)

    def logs(self) -> None:
        from airflow.providers.amazon.aws.log.s3_task_handler import S3RemoteLogIO  # noqa: PLC0415

        connection = {
            "conn_type": "aws",
            "login": self.access.access_key_id,
            "password": self.access.secret_access_key,
            "extra": {"endpoint_url": self.access.endpoint_url, "region_name": "us-east-1"},
        }
        self.patch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        self.patch.setenv("AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID", "aws_default")
        base = f"s3://{self.access.bucket}/logs"
        remote = S3RemoteLogIO(remote_base=base, base_log_folder=str(self.folder), delete_local_copy=False)
        assert remote.write("a line", f"{base}/attempt=1.log")
        assert remote.s3_read(f"{base}/attempt=1.log", return_error=True) == "a line"


PREFIXES = [name for name in vars(Work) if not name.startswith("_") and name not in {"catalog", "clean"}]


@pytest.fixture
def work(account, tmp_path, monkeypatch) -> Work:
    return Work(account.access, tmp_path, monkeypatch)


def fails(step: Callable[[], None]) -> bool:
    try:
        step()
    except (WeatherError, FileNotFoundError, ClientError, AssertionError):
        return True
    return False


@pytest.mark.parametrize("prefix", PREFIXES)
def test_each_bucket_permission_is_enough_and_necessary(account, work, prefix):
    document = policy("iam-policy", account.access.bucket)
    account.may(document)
    getattr(work, prefix)()

    here = [pair for pair in grants(document) if f"/{prefix}/" in pair[1] and "Abort" not in pair[0]]
    assert here
    for left_out in here:
        account.may(of([pair for pair in grants(document) if pair != left_out]))
        work.number += 1
        assert fails(getattr(work, prefix)), f"nothing needs {left_out}"


def test_without_listing_nothing_is_found(account, work):
    document = policy("iam-policy", account.access.bucket)
    account.may(of([pair for pair in grants(document) if pair[0] != "s3:ListBucket"]))
    assert fails(work.calls)


def test_raw_responses_can_not_be_deleted(account, work):
    account.may(policy("iam-policy", account.access.bucket))
    work.store.put("raw/kma/x", b"")
    with pytest.raises(StorageRefused, match="AccessDenied"):
        work.store.delete("raw/kma/x")
    with pytest.raises(StorageRefused, match="AccessDenied"):
        work.store.put("elsewhere/x", b"")


@pytest.mark.parametrize("permitted", [True, False])
def test_a_failed_large_backup_needs_abort_to_leave_no_parts(account, server, tmp_path, permitted):
    proxy = S3Proxy(server)
    file = tmp_path / "large"
    file.write_bytes(bytes(17 << 20))
    pairs = grants(policy("iam-policy", account.access.bucket))
    account.may(of([pair for pair in pairs if permitted or pair[0] != "s3:AbortMultipartUpload"]))
    proxy.unavailable = lambda method, path: method == "PUT" and "partNumber=2" in path
    with pytest.raises(WeatherError):
        ObjectStore(replace(account.access, endpoint_url=proxy.url)).put_file("backups/large", file)
    proxy.close()
    account.enforce(on=False)
    left = boto3.client("s3", endpoint_url=account.url, **ADMIN).list_multipart_uploads(
        Bucket=account.access.bucket
    )
    assert len(left.get("Uploads", [])) == (0 if permitted else 1)


def calls_of_glue(access: S3Access, url: str) -> set[str]:
    """Return all actions of Glue that the project uses, by Amazon's names."""
    seen = set()
    catalog = open_catalog(access, type="glue", **{"glue.endpoint": url})
    catalog.glue.meta.events.register("before-call.glue", lambda model, **_: seen.add(f"glue:{model.name}"))
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(2)), run="one")
    publish_run(catalog, stage(ObjectStore(access), "run"), NOW)
    maintenance.maintain(catalog, NOW + timedelta(days=3))
    connect(catalog, access)
    catalog.drop_table("weather.gaps")  # as a rebuild does with its own tables, and a restore
    take_up(catalog, ObjectStore(access))
    return seen


def test_glue_needs_exactly_the_actions_of_its_policy(access, glue):
    (statement,) = policy("iam-policy-glue")["Statement"]
    assert calls_of_glue(access, glue) == set(statement["Action"])


def test_one_command_creates_bucket_user_and_role_by_the_policy(server):
    url, bucket = f"http://127.0.0.1:{server}", "made-by-the-stack"
    stacks = boto3.client("cloudformation", endpoint_url=url, **ADMIN)
    given = [{"ParameterKey": "Bucket", "ParameterValue": bucket}]
    template = (DEPLOY / "aws.yml").read_text()
    stacks.create_stack(
        StackName="weather", TemplateBody=template, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    (stack,) = stacks.describe_stacks(StackName="weather")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    iam = boto3.client("iam", endpoint_url=url, **ADMIN)
    (attached,) = iam.list_attached_user_policies(UserName="weather-mlops")["AttachedPolicies"]
    version = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == policy("iam-policy", bucket)
    profile = iam.get_instance_profile(InstanceProfileName=outputs["InstanceProfile"])["InstanceProfile"]
    assert len(profile["Roles"]) == 1
    assert boto3.client("s3", endpoint_url=url, **ADMIN).head_bucket(Bucket=bucket)


class Template(yaml.SafeLoader):
    """Loads YAML with CloudFormation's tags as plain text."""


Template.add_multi_constructor("!", lambda _, tag, node: f"{tag} {node.value}")


def test_the_bucket_is_versioned_and_closed_to_strangers():
    """By the template's text: moto creates the bucket without its properties."""
    data = yaml.load((DEPLOY / "aws.yml").read_text(), Template)["Resources"]["Data"]
    assert data["DeletionPolicy"] == "Retain"
    assert data["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(data["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    rules = data["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert [rule.get("Prefix") for rule in rules if "ExpirationInDays" in rule] == ["logs/"]
