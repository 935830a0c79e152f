"""What a training costs."""

import resource
import sys
import time
from collections.abc import Callable

from weather_mlops.documents.evaluation import TrainingStatistics
from weather_mlops.model.forecaster import Forecaster


def measured(work: Callable[[], Forecaster]) -> tuple[Forecaster, TrainingStatistics]:
    """Train, and measure it: the model; its number of rows, seconds, and peak memory of this process."""
    begun = time.monotonic()
    forecaster = work()
    return forecaster, {
        "rows": forecaster.rows,
        "seconds": round(time.monotonic() - begun, 1),
        "peak_rss_mb": peak_rss_mb(),
    }


def peak_rss_mb() -> int:
    """Largest memory of this process so far, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))
