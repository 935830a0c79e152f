"""Real files of the portal: each line of each is accounted for, and days and hours mean what we say."""

import numpy as np
import pytest

from tests.ulsan import GUIDANCE
from weather_mlops.sources import kma_forecast_csv

PORTAL = GUIDANCE / "portal"
KST_AHEAD = np.timedelta64(9, "h")
HOURS_PER_DAY = 24

pytestmark = pytest.mark.skipif(
    not PORTAL.is_dir(), reason=f"NO REAL FORECASTS at {PORTAL}: the portal's files are not read"
)


def read(name: str) -> kma_forecast_csv.ForecastFile:
    ((_, file),) = kma_forecast_csv.read(PORTAL / name)
    return file


def test_every_line_of_every_real_file_has_a_value():
    paths = sorted(PORTAL.iterdir())
    assert len(paths) >= 20
    for path in paths:
        file = read(path.name)

        assert not file.unreadable
        assert (file.missing, file.corrected) == (0, 0), path.name
        assert file.lines == len(file.values) + file.duplicates
        # Each month of 2016 stands twice in its files.
        assert file.duplicates == ("_2016." in path.name) * len(file.values), path.name
        assert f"{file.cell}_{file.category}" in path.name


def days(file: kma_forecast_csv.ForecastFile) -> np.ndarray:
    """The day (KST) of each value."""
    return (file.valid_at + KST_AHEAD).astype("datetime64[D]")


def extremes(file: kma_forecast_csv.ForecastFile, extreme) -> dict[tuple, float]:
    """Of the hourly values of whole days, by issue and day."""
    values: dict[tuple, list[float]] = {}
    for issued, day, value in zip(file.issued_at, days(file), file.values, strict=True):
        values.setdefault((issued, day), []).append(value)
    return {key: extreme(of_day) for key, of_day in values.items() if len(of_day) == HOURS_PER_DAY}


@pytest.mark.parametrize(("category", "extreme"), [("TMX", max), ("TMN", min)])
def test_numbers_of_days_fit_the_hourly_values_of_the_issues(category, extreme):
    hourly = extremes(read("60_127_TMP_202507.csv.gz"), extreme)
    daily = read(f"60_127_{category}_202507.csv.gz")

    def spread(shift: int) -> float:
        """Without the bias: maxima are 1.2 degrees above the warmest of the hours."""
        keys = zip(daily.issued_at, days(daily) + shift, strict=True)
        pairs = [(value, hourly[key]) for key, value in zip(keys, daily.values, strict=True) if key in hourly]
        assert len(pairs) > 300
        return float(np.std(np.subtract(*np.transpose(pairs))))

    assert spread(0) < 1
    assert min(spread(-1), spread(1)) > 1.4 * spread(0)
