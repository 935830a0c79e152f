"""Runs without a time limit, checked on the effective settings of a pipeline."""

from collections.abc import Iterable, Iterator
from typing import Final

from weather_mlops.pipelines.effective import EffectivePipeline
from weather_mlops.pipelines.findings import Finding, FindingSeverity

RULE: Final = "no-time-limit"


def check(pipelines: Iterable[EffectivePipeline]) -> Iterator[Finding]:
    """Warnings of pipelines whose runs have no time limit.

    A task may wait forever: a deferred one without a triggerer, a sensor, one whose retries take days, and
    all tasks of a run whose logical date is in the future. Time limits of tasks don't end such a run.
    """
    for pipeline in pipelines:
        if pipeline.value("dagrun_timeout") is None:
            yield pipeline.source.finding(
                (pipeline.dag_id,),
                RULE,
                "a run that never ends blocks all later ones: there is no dagrun_timeout",
                "write dagrun_timeout: {__type__: datetime.timedelta, minutes: 55}, in defaults.yml for all "
                "pipelines, or here",
                severity=FindingSeverity.WARNING,
            )
