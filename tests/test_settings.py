"""What the environment says, and what it leaves out."""

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.settings import load_settings


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    monkeypatch.setenv("WEATHER_BUCKET", "weather")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "")
    access = S3Access.from_settings(load_settings())

    # So that the role of the machine is asked, and Amazon's own server.
    assert access.access_key_id is None
    assert access.secret_access_key is None
    assert access.endpoint_url is None


def test_a_bucket_that_is_empty_is_named_as_missing(monkeypatch):
    monkeypatch.setenv("WEATHER_BUCKET", "")

    with pytest.raises(Misconfigured, match="WEATHER_BUCKET"):
        _ = load_settings().bucket


@pytest.mark.parametrize(
    ("value", "bucket", "prefix"),
    [
        ("weather", "weather", ""),
        ("our.weather-1", "our.weather-1", ""),
        ("weather/mlops", "weather", "mlops/"),
        ("weather/a/b=1", "weather", "a/b=1/"),
    ],
)
def test_a_bucket_may_be_shared_and_a_folder_of_it_named(monkeypatch, value, bucket, prefix):
    monkeypatch.setenv("WEATHER_BUCKET", value)
    access = S3Access.from_settings(load_settings())

    assert (access.bucket, access.prefix) == (bucket, prefix)
    assert access.location("raw/a") == f"s3://{value}/raw/a"


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("s3://weather", "write weather."),
        ("s3://weather/", "write weather."),
        ("s3://weather/mlops/", "write weather/mlops."),
        ("https://weather.s3.amazonaws.com/x", "AWS_ENDPOINT_URL"),
        ("http://s3:9000/weather", "AWS_ENDPOINT_URL"),
        ("arn:aws:s3:::weather", "my-bucket/my/folder"),
        ("weather/", "my-bucket/my/folder"),
        ("weather//x", "my-bucket/my/folder"),
        ("weather/../x", "my-bucket/my/folder"),
        ("/weather", "my-bucket/my/folder"),
        ("our weather", "my-bucket/my/folder"),
        ("날씨자료", "my-bucket/my/folder"),
        ("ab", "my-bucket/my/folder"),
    ],
)
def test_an_invalid_bucket_is_refused_in_one_line_with_the_fix(monkeypatch, value, fix):
    monkeypatch.setenv("WEATHER_BUCKET", value)
    with pytest.raises(Misconfigured) as refused:
        load_settings()

    (line,) = str(refused.value).splitlines()
    assert line.startswith("environment: WEATHER_BUCKET: ")
    assert fix in line


@pytest.mark.parametrize(
    "value", ["minio:9000", "minio.example.com", "//minio", "s3://minio", "localhost:9000"]
)
def test_a_server_without_scheme_is_refused_with_the_fix(monkeypatch, value):
    monkeypatch.setenv("WEATHER_BUCKET", "weather")
    monkeypatch.setenv("AWS_ENDPOINT_URL", value)
    with pytest.raises(Misconfigured, match=r"AWS_ENDPOINT_URL: .*https://"):
        load_settings()
    with pytest.raises(Misconfigured, match=r"AWS_ENDPOINT_URL.*aws_default"):  # from a connection of Airflow
        S3Access("weather", value)
