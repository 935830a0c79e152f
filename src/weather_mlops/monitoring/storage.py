"""Probe of S3: writes, reads, lists and deletes one small object, and measures the time of each step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from weather_mlops.errors import StorageRefused, WeatherError
from weather_mlops.formatting import number
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring.checks import Check, CheckSeverity
from weather_mlops.monitoring.figures.system import StorageFigures
from weather_mlops.monitoring.section_builder import Rule

FAILING: Final = Rule("s3_failing", severity=CheckSeverity.CRITICAL)
SLOW: Final = Rule("s3_slow", "ms")
SKEW: Final = Rule("clock_skew", "s")
PROBE: Final = "monitoring/probe"
STEPS: Final = ("write", "read", "list", "delete")


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of a probe.

    Attributes:
        ms: milliseconds of each step that succeeded, in the order of STEPS.
        failed: the step that failed; empty if all succeeded.
        reason: error of the failed step.
        clock_skew_s: seconds by which S3's clock is ahead of this machine's, within the duration of the write
            and one second; None if the object was not listed.
    """

    ms: dict[str, float]
    failed: str = ""
    reason: str = ""
    clock_skew_s: float | None = None

    def as_dict(self) -> StorageFigures:
        """Return the figures of the section."""
        return {
            "write_ms": self.ms.get("write"),
            "read_ms": self.ms.get("read"),
            "list_ms": self.ms.get("list"),
            "delete_ms": self.ms.get("delete"),
            "failed": self.failed or None,
            "clock_skew_s": self.clock_skew_s,
        }


def probe(store: ObjectStore, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Probe:
    """Try each step; an error of S3 ends the probe, and is part of the probe.

    Args:
        store: the bucket.
        clock: clock of this machine, which S3's is compared with.
    """
    ms: dict[str, float] = {}
    skew: list[float] = []

    def read_back() -> None:
        if store.get(PROBE) != body:
            raise StorageRefused(f"{store.where(PROBE)}: the bytes read differ from those written")

    def listed() -> None:
        entries = [entry for entry in store.list(PROBE) if entry.key == PROBE]
        if not entries:
            raise StorageRefused(f"{store.where(PROBE)}: the object was written, but is not listed")
        skew.append(round((entries[0].modified - written).total_seconds(), 1))

    written = clock()
    body = written.isoformat().encode()
    work: tuple[Callable[[], None], ...] = (
        lambda: store.put(PROBE, body, "text/plain"),
        read_back,
        listed,
        lambda: store.delete(PROBE),
    )
    for step, do in zip(STEPS, work, strict=True):
        begun = time.monotonic()
        try:
            do()
        except (WeatherError, FileNotFoundError) as error:
            return Probe(ms, step, str(error), *skew)
        ms[step] = round(1000 * (time.monotonic() - begun), 1)
    return Probe(ms, "", "", *skew)


def checks(probe: Probe, *, max_ms: float, max_clock_skew_s: float) -> list[Check]:
    """Compare the result of a probe with its limits."""
    if probe.failed:
        reason = f"{probe.failed} failed: {probe.reason}"
        results = [FAILING.state(reason, well=False), SLOW.unknown(reason, max_ms)]
    else:
        slowest = max(probe.ms, key=lambda step: probe.ms[step])
        steps = ", ".join(f"{step} {taken:.0f} ms" for step, taken in probe.ms.items())
        results = [FAILING.state(steps, well=True), SLOW.above(probe.ms[slowest], max_ms, steps)]
    if probe.clock_skew_s is None:
        return [*results, SKEW.unknown(f"{probe.failed} failed: {probe.reason}", max_clock_skew_s)]
    ahead = "ahead of" if probe.clock_skew_s > 0 else "behind"
    skew = abs(probe.clock_skew_s)
    detail = f"S3's clock is {number(skew, max_clock_skew_s, digits=0)} s {ahead} this machine's"
    return [*results, SKEW.above(skew, max_clock_skew_s, detail)]
