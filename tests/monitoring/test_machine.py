"""CPU, memory and disk: the container's own limits where it has any."""

from datetime import UTC, datetime

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.monitoring import health, machine
from weather_mlops.monitoring.findings import Status
from weather_mlops.monitoring.machine import Disk, Machine, Memory, own_cores, own_cpu_seconds, own_memory

GB = 10**9


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
    told = machine.measure([str(cgroup)], seconds=0.01, cgroup=cgroup)
    assert (told.contained, told.cores, told.cpu_share) == (True, 1.5, 0)


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
    told = machine.measure([str(tmp_path)], seconds=0.01, cgroup=tmp_path)

    assert not told.contained
    assert 0 <= told.cpu_share <= 1
    assert 0 < told.memory.used < told.memory.limit
    assert 0 < told.disks[0].used_share < 1
    assert told.disks[0].free > 0


def test_a_full_disk_and_a_full_memory_are_breaches():
    told = Machine(
        contained=False,
        cores=2,
        cpu_share=0.5,
        memory=Memory(19 * GB, 20 * GB),
        disks=[Disk("/", 0.5, GB), Disk("/data", 0.97, GB)],
    )
    checks = machine.checks(told, max_cpu_share=0.95, max_memory_share=0.9, max_disk_share=0.9)

    assert {check.problem for check in checks if check.status is Status.BREACH} == {
        "memory_full", "disk_full:/data"
    }  # fmt: skip
    assert {check.problem for check in checks if check.status is Status.OK} == {"cpu_busy", "disk_full:/"}


def test_a_disk_that_is_not_there_is_named(store):
    def nowhere():
        raise Misconfigured("no connection")

    now = datetime(2026, 11, 25, tzinfo=UTC)
    told = health.measure(store, nowhere, health.Limits(), disks=["/no/such/folder"], daily_calls=10, now=now)
    (gap,) = [gap for gap in told.missing if gap.what == "machine"]
    assert "/no/such/folder" in gap.why
