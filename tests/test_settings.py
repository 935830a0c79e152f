"""What the environment says, and what it leaves out."""

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.lake.store import S3Access
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
