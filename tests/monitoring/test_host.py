"""CPU, memory and disk: the container's own limits where it has any."""

from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.monitoring import health, host
from weather_mlops.monitoring.checks import Status
from weather_mlops.monitoring.host import (
    CpuTime,
    Disk,
    Machine,
    Memory,
    own_cores,
    own_cpu_seconds,
    own_memory,
)

GB = 10**9
NOON = datetime(2026, 11, 25, 3, tzinfo=UTC)


def files(folder, **content: str):
    for name, text in content.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text + "\n")


@pytest.fixture
def version_2(tmp_path):
    files(tmp_path, **{
        "memory.max": str(2 * GB), "memory.current": str(GB),
        "memory.stat": f"anon 5\ninactive_file {GB // 4}",
        "cpu.max": "150000 100000", "cpu.stat": "usage_usec 2500000\nuser_usec 1",
    })  # fmt: skip
    return tmp_path


@pytest.fixture
def version_1(tmp_path):
    files(tmp_path, **{
        "memory__memory.limit_in_bytes": str(2 * GB), "memory__memory.usage_in_bytes": str(GB),
        "memory__memory.stat": f"total_inactive_file {GB // 4}", "cpu__cpu.cfs_quota_us": "150000",
        "cpu__cpu.cfs_period_us": "100000", "cpuacct__cpuacct.usage": "2500000000",
    })  # fmt: skip
    return tmp_path


@pytest.mark.parametrize("version", ["version_1", "version_2"])
def test_a_containers_limits_are_its_own(request, version):
    cgroup = request.getfixturevalue(version)

    assert own_memory(cgroup) == Memory(GB - GB // 4, 2 * GB)
    assert own_cores(cgroup) == 1.5
    assert own_cpu_seconds(cgroup) == 2.5
    saved = cgroup / "saved.json"
    host.save_cpu_time(saved, CpuTime(2.5 - 1.5 * 450, NOON - timedelta(minutes=15)))
    machine = host.measure([str(cgroup)], now=NOON, state_file=saved, cgroup=cgroup)
    assert (machine.contained, machine.cores, machine.cpu_share) == (True, 1.5, 0.5)
    assert host.last_cpu_time(saved) == CpuTime(2.5, NOON)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"memory.max": "max", "memory.current": "5", "cpu.max": "max 100000"},
        {"memory__memory.limit_in_bytes": str(2**63 - 4096), "memory__memory.usage_in_bytes": "5",
         "cpu__cpu.cfs_quota_us": "-1", "cpu__cpu.cfs_period_us": "100000"},
    ],
    ids=["no control group", "version 2", "version 1"],
)  # fmt: skip
def test_without_a_limit_of_its_own_the_machines_figures_hold(tmp_path, content):
    files(tmp_path, **content)
    saved, later = tmp_path / "state" / "cpu.json", NOON + timedelta(minutes=30)
    first = host.measure([str(tmp_path)], now=NOON, state_file=saved, cgroup=tmp_path)
    second = host.measure([str(tmp_path)], now=later, state_file=saved, cgroup=tmp_path)

    assert first.cpu_share is None
    assert not second.contained
    assert 0 <= second.cpu_share < 0.1  # a moment of the machine, over half an hour of the test's clock
    assert 0 < second.memory.used < second.memory.limit
    assert 0 < second.disks[0].used_share < 1
    assert second.disks[0].free > 0


def test_a_full_disk_and_a_full_memory_are_breaches():
    machine = Machine(
        contained=False,
        cores=2,
        cpu_share=0.5,
        memory=Memory(19 * GB, 20 * GB),
        disks=[Disk("/", 0.5, GB), Disk("/data", 0.97, GB)],
    )
    checks = host.checks(machine, max_cpu_share=0.95, max_memory_share=0.9, max_disk_share=0.9)

    assert {check.problem for check in checks if check.status is Status.BREACH} == {
        "memory_full", "disk_full:/data"
    }  # fmt: skip
    assert {check.problem for check in checks if check.status is Status.OK} == {"cpu_busy", "disk_full:/"}


def test_a_disk_that_is_not_there_is_named(store, tmp_path):
    def nowhere():
        raise Misconfigured("no connection")

    more = {"disks": ["/no/such/folder"], "state_dir": tmp_path, "daily_calls": 10, "now": NOON}
    section = health.measure(store, nowhere, health.SystemHealthLimits(), **more)
    (gap,) = [gap for gap in section.missing if gap.what == "machine"]
    assert "/no/such/folder" in gap.why


@pytest.mark.parametrize(
    ("minutes", "seconds", "share"),
    [(30, 1800, 0.5), (30, 9000, 1.0), (1, 60, None), (60 * 24, 1800, None), (-30, 60, None), (30, -5, None)],
    ids=["half", "never above one", "a retry", "long ago", "the clock went back", "restarted"],
)
def test_cpu_is_the_mean_since_the_last_run_or_unknown(minutes, seconds, share):
    before, now = CpuTime(100, NOON), CpuTime(100 + seconds, NOON + timedelta(minutes=minutes))
    assert host.cpu_share(before, now, cores=2) == share


def test_what_the_last_run_left_may_be_damaged(tmp_path):
    (tmp_path / "cpu.json").write_text("{")
    assert host.last_cpu_time(tmp_path / "cpu.json") is None
    assert host.last_cpu_time(tmp_path / "none.json") is None
