"""Does S3 do what the pipelines ask of it, and how fast? One small object, written, read, listed, removed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from weather_mlops.errors import StorageRefused, WeatherError
from weather_mlops.formatting import number
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring.checks import Check, CheckSeverity
from weather_mlops.monitoring.section_builder import Rule

FAILING: Final = Rule("s3_failing", severity=CheckSeverity.CRITICAL)
SLOW: Final = Rule("s3_slow", "ms")
SKEW: Final = Rule("clock_skew", "s")
PROBE: Final = "monitoring/probe"
STEPS: Final = ("write", "read", "list", "delete")


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of it.

    Attributes:
        ms: milliseconds of each step that succeeded, in the order of STEPS.
        failed: the step that didn't, empty when all did.
        why: what S3 said then.
        clock_skew_s: seconds by which S3's clock is ahead of ours, give or take what the write took and a
            second; None where the probe was not written.
    """

    ms: dict[str, float]
    failed: str = ""
    why: str = ""
    clock_skew_s: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the section's figures: ``write_ms``, …; None for a step that failed or was not come to."""
        return {
            **{f"{step}_ms": self.ms.get(step) for step in STEPS},
            "failed": self.failed or None,
            "clock_skew_s": self.clock_skew_s,
        }


def probe(store: ObjectStore, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Probe:
    """Try each step; what S3 refuses or doesn't answer is part of the result.

    Args:
        store: the bucket.
        clock: ours; S3's is held to it.
    """
    ms: dict[str, float] = {}
    skew: list[float] = []

    def read_back() -> None:
        if store.get(PROBE) != body:
            raise StorageRefused(f"{store.where(PROBE)}: it gives back other bytes than were written")

    def listed() -> None:
        found = [entry for entry in store.list(PROBE) if entry.key == PROBE]
        if not found:
            raise StorageRefused(f"{store.where(PROBE)}: what was written is not in the listing")
        skew.append(round((found[0].modified - written).total_seconds(), 1))

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


def checks(told: Probe, *, max_ms: float, max_clock_skew_s: float) -> list[Check]:
    """The probe held to its limits."""
    if told.failed:
        why = f"{told.failed} failed: {told.why}"
        held = [FAILING.state(why, well=False), SLOW.unknown(why, max_ms)]
    else:
        slowest = max(told.ms, key=lambda step: told.ms[step])
        steps = ", ".join(f"{step} {taken:.0f} ms" for step, taken in told.ms.items())
        held = [FAILING.state(steps, well=True), SLOW.above(told.ms[slowest], max_ms, steps)]
    if told.clock_skew_s is None:
        return [*held, SKEW.unknown(f"{told.failed} failed: {told.why}", max_clock_skew_s)]
    ahead = "ahead of" if told.clock_skew_s > 0 else "behind"
    skew = abs(told.clock_skew_s)
    detail = f"S3's clock is {number(skew, max_clock_skew_s, digits=0)} s {ahead} this machine's"
    return [*held, SKEW.above(skew, max_clock_skew_s, detail)]
