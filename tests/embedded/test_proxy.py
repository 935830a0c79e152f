"""With a company proxy, the system reaches its own servers directly and the outside through the proxy."""

import os
import subprocess
import sys
from types import MappingProxyType

import botocore.utils
import httpcore
import httpx
import pytest
import requests.utils

from embedded.components import inherited
from embedded.proxy import unusable_proxies, with_direct_loopback
from tests.s3_proxy import free_port

PROXIED = MappingProxyType(dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"))
OWN = ("http://localhost:8080/", "http://127.0.0.1:9000/")
OUTSIDE = "https://apihub.kma.go.kr/"


@pytest.fixture
def ways(monkeypatch):
    """By URL, whether httpx (Airflow's tasks), requests (our calls) and botocore (S3) use a proxy."""

    def by_url(environment):
        monkeypatch.setattr(os, "environ", dict(environment))
        client = httpx.Client()

        def by_proxy(url):
            pool = client._transport_for_url(httpx.URL(url))._pool
            others = (requests.utils.get_environ_proxies(url), botocore.utils.get_environ_proxies(url))
            return {isinstance(pool, httpcore.HTTPProxy), *map(bool, others)}

        with client:
            return {url: by_proxy(url) for url in (*OWN, OUTSIDE)}

    return by_url


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"NO_PROXY": ""},
        {"NO_PROXY": "intranet.example, .corp.example"},
        {"no_proxy": "intranet.example"},
        {"NO_PROXY": "intranet.example", "no_proxy": "other.example"},
        {"NO_PROXY": "[::1],intranet.example"},
    ],
    ids=str,
)
def test_clients_reach_localhost_directly_and_the_rest_by_proxy(ways, given):
    environment = with_direct_loopback({**PROXIED, **given})

    assert ways(environment) == {OWN[0]: {False}, OWN[1]: {False}, OUTSIDE: {True}}
    named = environment["NO_PROXY"].split(",")
    expected = [host.strip(" []") for hosts in given.values() for host in hosts.split(",") if host.strip()]
    assert set(expected) <= set(named)
    assert environment["no_proxy"] == environment["NO_PROXY"]


def test_proxies_in_lower_case_count_as_well(ways):
    small = {name.lower(): value for name, value in PROXIED.items()}

    assert ways(with_direct_loopback(small)) == {OWN[0]: {False}, OWN[1]: {False}, OUTSIDE: {True}}


def test_an_asterisk_in_no_proxy_excludes_all_hosts(ways):
    assert ways(with_direct_loopback({**PROXIED, "no_proxy": "*"}))[OUTSIDE] == {False}


@pytest.mark.parametrize("proxy", ["socks5://user:secret@127.0.0.1:9", "socks://127.0.0.1:9"])
def test_an_unusable_proxy_does_not_stop_the_tasks(ways, proxy):
    """httpx, with which tasks report, raises at its start if ALL_PROXY names a SOCKS proxy."""
    environment = {"HTTPS_PROXY": "http://127.0.0.1:9", "all_proxy": proxy}

    assert unusable_proxies(environment) == {"all_proxy": proxy.partition(":")[0]}
    assert ways(with_direct_loopback(environment)) == {OWN[0]: {False}, OWN[1]: {False}, OUTSIDE: {True}}


def test_what_the_launcher_starts_reaches_this_machine_directly(monkeypatch):
    for name, value in PROXIED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    monkeypatch.delenv("no_proxy", raising=False)

    environment = inherited()

    assert environment["HTTPS_PROXY"] == PROXIED["HTTPS_PROXY"]
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet.example,localhost,127.0.0.1,::1"


def test_the_launcher_reaches_its_s3_server_behind_a_dead_proxy(tmp_path):
    """As `make query`, `make import` and a start do: create the bucket on the server started just before."""
    program = (
        "import sys; from pathlib import Path\n"
        "from embedded.__main__ import Launcher, reach_own_servers_directly\n"
        "from embedded.components import Ports, System\n"
        "reach_own_servers_directly()\n"
        "launcher = Launcher(System(Path(sys.argv[1]), Ports(s3=int(sys.argv[2]))))\n"
        "try:\n"
        "    launcher.begin(launcher.system.storage(), quiet=True)\n"
        "    launcher.ensure_bucket()\n"
        "finally:\n"
        "    launcher.stop()\n"
    )
    dead = f"http://127.0.0.1:{free_port()}"
    environment = {**inherited(), **dict.fromkeys(PROXIED, dead), "NO_PROXY": "", "no_proxy": ""}
    environment["PYTHONPATH"] = "."

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(free_port())],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert not done.returncode, done.stderr[-1000:]
