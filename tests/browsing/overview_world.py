"""An overview with everything on it."""

import json
from datetime import timedelta

from tests.browsing import forecast_world, verification_world
from tests.browsing.memory import Memory
from tests.browsing.test_alerts import OPEN, state
from tests.monitoring import reported
from tests.monitoring.reported import NOW
from weather_mlops.browsing import overview
from weather_mlops.documents import forecast_pages, verification_windows
from weather_mlops.monitoring.alert_run import KEY
from weather_mlops.monitoring.report import publish

NEXT = NOW + timedelta(minutes=40)
EVERYTHING = overview.READERS


def store(*, sections=None, alerts=OPEN) -> Memory:
    """A bucket with all that the page shows."""
    bucket = Memory()
    publish(bucket, sections or reported.healthy(), now=NOW, language="en", run="run")
    bucket.put(KEY, state(*alerts).to_json() if hasattr(state(), "to_json") else b"{}")
    document = forecast_world.document()
    bucket.put(forecast_pages.KEY, document if isinstance(document, bytes) else json.dumps(document).encode())
    bucket.put(verification_windows.KEY, json.dumps(verification_world.document()).encode())
    return bucket
