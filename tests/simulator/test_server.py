"""The API over real HTTP."""

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from simulator import faults
from simulator.server import STALL_S

REPOSITORY = Path(__file__).resolve().parents[2]
MAY = {"tm1": "202405101000", "tm2": "202405101200"}

pytestmark = pytest.mark.integration


def stamps(body: bytes) -> list[str]:
    return [line[:12].decode() for line in body.splitlines() if not line.startswith(b"#")]


def test_one_hour_and_a_period_have_the_same_rows(serve):
    with serve() as ask:
        status, hour = ask("kma_sfctm2", tm="202405101200", stn="108:159:90")
        _, period = ask("kma_sfctm3", **MAY, stn="108:159:90")
    assert status == 200
    rows = hour.splitlines()[4:-1]
    assert [row[12:16] for row in rows] == [b"  90", b" 108", b" 159"]
    assert period.splitlines()[-4:-1] == rows


def test_without_a_time_the_newest_hour_is_returned(serve):
    with serve() as ask:
        _, body = ask("kma_sfctm2", stn="0")
    assert set(stamps(body)) == {"202607011200"}
    assert len(stamps(body)) > 80


def test_a_span_of_31_days_is_cut_silently_to_30(serve):
    with serve() as ask:
        _, cut = ask("kma_sfctm3", tm1="202405010000", tm2="202406010000", stn="108")
        _, whole = ask("kma_sfctm3", tm1="202405010000", tm2="202405312300", stn="108")
    assert stamps(cut)[0] == "202405020000"
    assert stamps(whole)[0] == "202405010000"


def test_the_station_list_is_korean_in_euc_kr(serve, stations):
    with serve() as ask:
        _, everything = ask("stn_inf", inf="SFC")
        _, one = ask("stn_inf", inf="SFC", stn="108", tm="202405101200")
    assert len(everything.decode("euc-kr").splitlines()) == 4 + len(stations) == 101
    assert "서울" in one.decode("euc-kr")


def test_help_adds_korean_explanations(serve):
    with serve() as ask:
        _, body = ask("kma_sfctm2", tm="202405101200", help="1")
    assert "이슬점온도" in body.decode("euc-kr")


def test_only_the_right_key_is_accepted(serve):
    with serve(key="secret") as ask:
        assert ask("kma_sfctm2", authKey="secret")[0] == 200
        for wrong in ("other", ""):
            status, body = ask("kma_sfctm2", authKey=wrong)
            assert (status, json.loads(body)["result"]["status"]) == (401, 401)
    with serve() as ask:
        assert ask("kma_sfctm2", authKey="whatever")[0] == 200
        assert ask("kma_sfctm2", authKey="")[0] == 401


def test_the_key_is_in_no_log_line(serve, caplog):
    caplog.set_level(logging.DEBUG)
    with serve("500:call=2", "hang:call=3", key="s3cret-key") as ask:
        ask("kma_sfctm2", authKey="s3cret-key", stn="108", tm="202405101200")
        ask("kma_sfctm2", authKey="s3cret-key")
        with pytest.raises(TimeoutError):
            ask("kma_sfctm2", authKey="s3cret-key", timeout=0.2)
        ask("kma_sfctm2", authKey="wrong-one")
        ask("s3cret-key", authKey="s3cret-key", help="s3cret")
    assert "call 1: kma_sfctm2.php tm=202405101200 stn=108 -> 200" in caplog.text
    for secret in ("s3cret", "wrong-one", "authKey"):
        assert secret not in caplog.text


def test_a_mistyped_request_is_refused(serve):
    with serve() as ask:
        for params in ({"tm": "yesterday"}, {"tm": "202413010000"}, {"stn": "Seoul"}):
            assert ask("kma_sfctm2", **params)[0] == 400
        assert ask("kma_unknown")[0] == 404
        assert stamps(ask("kma_sfctm3", tm1="202405101200", tm2="202405101000")[1]) == []
        assert stamps(ask("kma_sfctm2", tm="000101010000")[1]) == []
        assert stamps(ask("kma_sfctm2", tm="999912312300")[1]) == []


@pytest.mark.parametrize("name", list(faults.CANNED))
def test_a_canned_fault_replaces_the_response(serve, name):
    with serve(f"{name}:call=1") as ask:
        assert ask("kma_sfctm3", **MAY) == (faults.CANNED[name].status, faults.CANNED[name].body)
        assert stamps(ask("kma_sfctm3", **MAY)[1])


@pytest.mark.parametrize("name", list(faults.SPOILERS))
def test_a_spoiling_fault_changes_the_rows_and_keeps_the_frame(serve, name):
    with serve(f"{name}:call=1") as ask:
        spoiled, good = ask("kma_sfctm3", **MAY)[1], ask("kma_sfctm3", **MAY)[1]
    assert spoiled != good
    assert spoiled.splitlines()[:4] == good.splitlines()[:4]
    assert spoiled.endswith(b"\n#7777END\n")


def test_a_cut_off_response_ends_without_its_marker(serve):
    with serve("cut-off") as ask:
        status, body = ask("kma_sfctm3", **MAY)
    assert status == 200
    assert body.startswith(b"#START7777")
    assert b"#7777END" not in body


@pytest.mark.parametrize("name", ["timeout", "hang"])
def test_a_stalled_call_blocks_no_other_one(serve, name):
    with serve(f"{name}:call=1") as ask:
        with pytest.raises(TimeoutError):
            ask("kma_sfctm3", timeout=0.3, **MAY)
        assert stamps(ask("kma_sfctm3", **MAY)[1])


def test_a_hanging_response_stops_half_way(serve):
    with serve("hang") as ask:
        connection = http.client.HTTPConnection(*ask.address, timeout=60)
        connection.connect()
        stream = connection.sock
        connection.request("GET", "/kma_sfctm3.php?authKey=x&tm1=202405101000&tm2=202405101200")
        response = connection.getresponse()
        half = int(response.headers["Content-Length"]) // 2
        assert response.read(half).startswith(b"#START7777")
        stream.settimeout(0.3)
        with pytest.raises(TimeoutError):
            response.read(1)
        response.close()
        connection.close()


def test_a_client_that_leaves_harms_nothing(serve):
    with serve() as ask:
        with socket.create_connection(ask.address) as leaving:
            leaving.sendall(
                b"GET /kma_sfctm3.php?authKey=x&tm1=202404110000&tm2=202405101200 HTTP/1.1\r\n\r\n"
            )
        assert ask("kma_sfctm2")[0] == 200


def start(*options: str) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0", *options],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    return process, process.stdout.readline()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_and_ends_by_a_signal(end):
    process, line = start("--seed", "7", "--key", "s3cret", "--fault", "hang:call=2")
    try:
        assert line.startswith("KMA simulator listening on http://127.0.0.1:")
        assert "seed=7" in line
        assert "simulated weather" in line
        url = f"{line.split()[4]}/api/typ01/url/kma_sfctm2.php?tm=202405101200&stn=108&authKey=s3cret"
        with urllib.request.urlopen(url, timeout=60) as response:
            assert response.read().count(b"\n202405101200 108") == 1
        hanging = http.client.HTTPConnection(line.split("/")[2].split()[0], timeout=60)
        hanging.request("GET", "/kma_sfctm2.php?authKey=s3cret")
        hanging.getresponse()
        began = time.monotonic()
        process.send_signal(end)
        _, log = process.communicate(timeout=60)
        assert time.monotonic() - began < STALL_S / 2
        hanging.close()
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "call 1: kma_sfctm2.php" in log
    assert "s3cret" not in log
    assert "Traceback" not in log


def test_a_busy_port_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        command = [sys.executable, "-m", "simulator", "--port", str(port)]
        ended = subprocess.run(
            command, cwd=REPOSITORY, check=False, capture_output=True, text=True, timeout=120
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in ended.stderr


def test_a_fixed_clock_decides_what_is_published():
    process, line = start("--now", "2024-05-10T12:00:30", "--publish-delay", "60")
    try:
        with urllib.request.urlopen(f"{line.split()[4]}/kma_sfctm2.php?authKey=x", timeout=60) as response:
            assert set(stamps(response.read())) == {"202405101100"}
    finally:
        process.terminate()
        process.communicate(timeout=60)
