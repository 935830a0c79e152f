"""Figures of the section ``data_quality``.

``monitoring/data/drift.json`` holds the figures of drift and ``monitoring/data/corrections.json`` the counts
of corrected rows, both from run to run.
"""

from collections.abc import Mapping, Sequence
from typing import Required

from pydantic import ConfigDict
from typing_extensions import TypedDict

from weather_mlops.lake.documents import MomentText
from weather_mlops.monitoring.figures import ReadCost, WindowName


class WindowCounts(TypedDict, total=False):
    """Completeness and validity of the hours of a window; each None without rows.

    Attributes:
        first: first hour.
        last: last hour.
        stations: stations that rows are expected of.
        expected: expected station-hours.
        present: station-hours that are present.
        completeness: share of the expected station-hours that are present.
        values: observed values of variables with physical limits.
        outside: values outside these limits.
        validity: share of the values inside them.
    """

    first: str | None
    last: str | None
    stations: int | None
    expected: int | None
    present: int | None
    completeness: float | None
    values: int | None
    outside: int | None
    validity: float | None


class DataWindow(WindowCounts, total=False):
    """Figures of a window, from all sources.

    Attributes:
        quarantined: refused rows.
        quarantined_share: their share of the refused and present rows.
        corrected: corrected rows.
        runs: audits with a score.
        quality_score: mean of these scores, 0 to 1.
    """

    quarantined: int | None
    quarantined_share: float | None
    corrected: int | None
    runs: int | None
    quality_score: float | None


class HourlyCompleteness(TypedDict):
    """Number of stations expected and present at each hour of the last 7 days."""

    hours: list[str]
    expected: list[int]
    present: list[int]


class RunQuality(TypedDict):
    """Quality score and share of fit rows (both 0 to 1) of each audit of the last 7 days."""

    at: list[str]
    score: list[float | None]
    fit_share: list[float]


class SensorBias(TypedDict, total=False):
    """Bias of a sensor.

    Attributes:
        value: the last day's median deviation from the neighbours, in the variable's unit.
        excess: deviation accumulated beyond the typical spread, in unit × days.
        limit: limit of the excess.
        neighbours: number of neighbours.
    """

    value: float | None
    excess: float | None
    limit: float | None
    neighbours: int


class NamedStation(TypedDict):
    """A station of the network: its id and its names."""

    id: int
    korean: str
    english: str


class StationCompleteness(NamedStation, total=False):
    """A station, when its newest row is, and its completeness by window."""

    latitude: Required[float]
    longitude: Required[float]
    elevation_m: Required[float]
    newest: str | None
    completeness: Mapping[WindowName, float | None]


class StationSensors(TypedDict, total=False):
    """Measurements of a station's sensors.

    Attributes:
        silent_hours: hours from its newest row to the newest row of all stations.
        bias: bias by variable.
        constant_hours: hours for which the newest value has not changed, by variable.
    """

    silent_hours: float
    bias: Mapping[str, SensorBias]
    constant_hours: Mapping[str, int]


class WatchedStation(StationCompleteness, StationSensors, total=False):
    """All figures of a station: also its refused rows of 30 d, and its open gaps."""

    quarantined_30d: int | None
    open_gaps: int | None


class ObservedVariable(TypedDict, total=False):
    """How often a variable is observed.

    Attributes:
        name: name of its column.
        english: its English name.
        korean: its Korean name.
        unit: its unit.
        observed: share of the rows that have it, by window.
        outside_7d: values outside the physical limits in 7 d.
        validity_7d: share of the values inside them in 7 d.
    """

    name: Required[str]
    english: str
    korean: str
    unit: str
    observed: Mapping[WindowName, float | None]
    outside_7d: int
    validity_7d: float | None


RuleCounts = TypedDict("RuleCounts", {"rule": str, "24h": int, "7d": int, "30d": int})
"""A rule, and the rows that it refused in each window."""


class GapCounts(TypedDict, total=False):
    """Open gaps: their number, the oldest hour, and how many by class of age and by reason."""

    open: int
    oldest: str | None
    by_age: Mapping[str, int]
    by_reason: Mapping[str, int]


class CorrectionFigures(TypedDict, total=False):
    """Corrected rows of each day (KST) with any, since when they are counted."""

    counted_since: str
    days: list[str]
    corrected: list[int]


class Period(TypedDict):
    """The first and the last hour of a period."""

    first: str
    last: str


class DriftedVariable(TypedDict, total=False):
    """Distance of a variable's distribution from the reference.

    Attributes:
        name: name of its column.
        unit: its unit.
        psi: population stability index.
        psi_threshold: threshold from windows of earlier years; None = no threshold.
        wasserstein: Wasserstein distance, in the variable's unit.
        wasserstein_threshold: likewise.
        mean: mean of the window.
        reference_mean: mean of the reference.
        n: observations in the window.
        n_effective: independent ones of them.
        reference_n: observations in the reference.
        reference_n_effective: independent ones of them.
        null: windows of earlier years that the thresholds are derived from.
    """

    name: Required[str]
    unit: str
    psi: float
    psi_threshold: float | None
    wasserstein: float
    wasserstein_threshold: float | None
    mean: float
    reference_mean: float
    n: int
    n_effective: float
    reference_n: int
    reference_n_effective: float
    null: int


class DriftFigures(TypedDict, total=False):
    """Drift of the inputs, as stored in between two measurements.

    Attributes:
        measured_at: when it was measured.
        window: the period that is compared.
        reference: what it is compared with: ``same season of 2023, 2024``, ``trailing 30 d``; None = nothing.
        stations: stations that are compared.
        variables: distance of each variable.
        why_no_threshold: reason why there is no threshold, in a sentence; None = there is one.
    """

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # as pydantic's own docs spell it

    measured_at: Required[MomentText]
    window: Period
    reference: str | None
    stations: int
    variables: Sequence[DriftedVariable]
    why_no_threshold: str | None


class CorrectedRows(TypedDict):
    """A commit that corrected rows: when, and how many."""

    at: MomentText
    corrected: int


class Corrections(TypedDict):
    """Corrected rows of the last 31 days: since when they are counted, and the commits by snapshot id."""

    counted_since: MomentText
    commits: dict[str, CorrectedRows]


class DataQualityFigures(TypedDict, total=False):
    """Figures of the section.

    Attributes:
        measured_at: when it was measured.
        newest_observed_at: newest hour of the tables.
        lag_hours: age of that hour.
        windows: figures by window.
        stations: figures of each watched station.
        first_audit_at: oldest audit of the last 30 days.
        quality_by_run: audits of the last 7 days.
        completeness_by_hour: hours of the last 7 days.
        variables: figures of each variable with physical limits.
        score_parts: parts of the newest audit's score, 0 to 1, by name.
        quarantine: refused rows by rule, most frequent first.
        gaps: open gaps.
        corrections: corrected rows.
        drift: drift of the inputs.
        read: what the measurement read.
    """

    measured_at: str
    newest_observed_at: str | None
    lag_hours: float | None
    windows: Mapping[WindowName, DataWindow] | None
    stations: Sequence[WatchedStation] | None
    first_audit_at: str | None
    quality_by_run: RunQuality
    completeness_by_hour: HourlyCompleteness | None
    variables: Sequence[ObservedVariable] | None
    score_parts: Mapping[str, float | None] | None
    quarantine: Sequence[RuleCounts] | None
    gaps: GapCounts | None
    corrections: CorrectionFigures | None
    drift: DriftFigures | None
    read: ReadCost
