"""The pages about data quality: all days, and a day."""

from weather_mlops.browsing.data_docs import read_calendar
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.pages.visit import Visit
from weather_mlops.quality.docs import index
from weather_mlops.quality.docs.names import DOCS


def render_days(store: ObjectStore, visit: Visit) -> str:
    """The page of all days.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return index.render_calendar(read_calendar(store), visit)


def render_day(store: ObjectStore, day: str, visit: Visit) -> str:
    """The page of a day, YYYY-MM-DD.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    keys = [entry.key for entry in store.list(f"{DOCS}/{day.replace('-', '/')}/")]
    return index.render_day(day, keys, visit)
