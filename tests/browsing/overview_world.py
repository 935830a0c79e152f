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


def store(*, sections=None, alerts=()) -> Memory:
    """A bucket with all that the page shows."""
    bucket = Memory()
    publish(bucket, sections or reported.healthy(), now=NOW, language="en", run="run")
    bucket.put(KEY, state(*alerts).as_json())
    bucket.put(forecast_pages.KEY, json.dumps(forecast_world.document()).encode())
    bucket.put(verification_windows.KEY, json.dumps(verification_world.document()).encode())
    return bucket


def troubled() -> Memory:
    """The same with problems."""
    return store(sections=reported.troubled(), alerts=OPEN)


def page(bucket, visit, may_read=overview.READERS, now=NOW) -> str:
    """The page as HTML."""
    return overview.render(overview.read(bucket, may_read, NEXT), visit, now)
