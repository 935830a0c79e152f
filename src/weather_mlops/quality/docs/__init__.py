"""Results and Data Docs on S3: each run publishes its own page and the indexes above it, and nothing else.

- ``quality/validations/YYYY/MM/DD/<HHMM>_<score>_<fit share>_<run>.json``: the result, with score and counts,
  by day and time of the audit;
- ``quality/docs/YYYY/MM/DD/<page>.html``: Great Expectations' own page of it, by day and hour of the data
  (see ``names.py``);
- ``quality/docs/YYYY/MM/DD/index.html``, ``quality/docs/index.html``: the runs of a day; the calendar of all;
- ``quality/docs/YYYY/MM/DD/loads.html``: the batches of loads of a day, for readers of ``history``;
- ``quality/docs/YYYY/MM/DD/forecasts.html``: the issues of the KMA's forecast of a day; their results are in
  ``quality/forecast_validations/``, so that nobody mixes their scores with those of the observations;
- ``quality/docs/calendar.json``: the calendar as a document, of which a run replaces its own day;
- ``quality/docs/assets/``: the style sheets of the pages, named after their content: old pages need old ones.

All times are KST. Names contain what an index shows, and the calendar has an entry per day: so a run reads
only its own day and the calendar, and its cost doesn't grow with history. Files are in English, since nobody
knows their reader; the views render the same indexes in the reader's language.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from weather_mlops.clock import KST
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.quality.audit import FORECAST, Audit
from weather_mlops.quality.docs import calendar
from weather_mlops.quality.docs.calendar import Calendar
from weather_mlops.quality.docs.index import render_calendar, render_day, render_forecasts, render_loads
from weather_mlops.quality.docs.names import DATE_FORMAT, DOCS, FORECASTS, INDEX, LOADS, page_of, tail
from weather_mlops.quality.docs.page import render, style_sheet

VALIDATIONS: Final = "quality/validations"
FORECAST_VALIDATIONS: Final = "quality/forecast_validations"
ASSETS: Final = f"{DOCS}/assets"
HTML: Final = "text/html; charset=utf-8"
CSS: Final = "text/css; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class PublishedPages:
    """Keys of what a run published."""

    validation: str
    page: str


def publish(store: ObjectStore, audit: Audit, *, load: bool = False) -> PublishedPages:
    """Write the result and the page of a run, and the indexes that name it.

    Args:
        store: the bucket.
        audit: the result of the audit.
        load: whether it is a batch of a load, which belongs to no single hour.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    audited, page = audit.audited_at.astimezone(KST), page_of(audit, load=load)
    folder = FORECAST_VALIDATIONS if audit.subject == FORECAST else VALIDATIONS
    validation = f"{folder}/{audited:{DATE_FORMAT}}/{audited:%H%M}_{tail(audit)}.json"
    store.put(validation, json.dumps(document(audit), ensure_ascii=False).encode(), JSON)
    store.put(page.key, render(audit, load=load).encode(), HTML)
    _publish_indexes(store, page.day)
    return PublishedPages(validation, page.key)


def _publish_indexes(store: ObjectStore, folder: str) -> None:
    """Write the indexes of a day, and the calendar.

    Args:
        store: the bucket.
        folder: YYYY/MM/DD.
    """
    keys = [entry.key for entry in store.list(f"{DOCS}/{folder}/")]
    day = folder.replace("/", "-")
    store.put(f"{DOCS}/{folder}/{INDEX}", render_day(day, keys).encode(), HTML)
    if loads := render_loads(day, keys):
        store.put(f"{DOCS}/{folder}/{LOADS}", loads.encode(), HTML)
    if forecasts := render_forecasts(day, keys):
        store.put(f"{DOCS}/{folder}/{FORECASTS}", forecasts.encode(), HTML)
    known = calendar.read(store)
    style = style_sheet()
    if known is None or known.style != style.name:
        store.put(f"{ASSETS}/{style.name}", style.body, CSS)
    if known is None:
        known = calendar.from_listing(store)
    elif not any(key.endswith(f"/{INDEX}") for key in keys):
        _refresh(store, known, datetime.strptime(folder, DATE_FORMAT).replace(tzinfo=KST))
    known.style = style.name
    known.take(keys)
    store.put(calendar.KEY, known.as_json(), JSON)
    store.put(f"{DOCS}/{INDEX}", render_calendar(known).encode(), HTML)


def _refresh(store: ObjectStore, known: Calendar, day: datetime) -> None:
    """Once a day: restore what concurrent writers lost of the day before, and drop days that were deleted."""
    before = day - timedelta(days=1)
    known.take(entry.key for entry in store.list(f"{DOCS}/{before:{DATE_FORMAT}}/"))
    while (oldest := known.oldest) and not store.exists(f"{DOCS}/{oldest.replace('-', '/')}/{INDEX}"):
        known.drop(oldest)


def document(audit: Audit) -> dict[str, Any]:
    """The result as JSON."""
    return {
        "run": audit.run,
        "audited_at": audit.audited_at.isoformat(),
        "window": [hour.isoformat() for hour in audit.window or ()],
        "score": audit.score.as_dict(),
        "fit_share": audit.fit_share,
        "counts": dict(audit.counts),
        "result": audit.result.to_json_dict(),
    }
