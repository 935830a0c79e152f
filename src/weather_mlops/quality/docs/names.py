"""Names of the pages: they contain all that an index shows, so that an index needs only a listing.

- ``<HH>h_<audited>_<score>_<fit share>_<run>.html``: of the hour HH of the folder's day;
- ``forecast_<HH>h_<audited>_<score>_<fit share>_<run>.html``: of the issue of the KMA's forecast at HH;
- ``load_<audited>_<score>_<fit share>_<run>.html``: of a batch of a load, which belongs to no single hour;
- ``<HHMM>_<score>_<fit share>_<run>.html``: of earlier versions, with only the audit's time.

``audited`` is ``YYYYMMDDTHHMM``. Times are KST; the folder is the day of the hour (for a load, of the audit).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.lake.staging import safe_run
from weather_mlops.quality.audit import FORECAST, Audit

DOCS: Final = "quality/docs"
INDEX: Final = "index.html"
LOADS: Final = "loads.html"
"""The batches of loads of a day: a page of its own, because other people may read it."""
FORECASTS: Final = "forecasts.html"
"""The issues of the KMA's forecast of a day, for readers of ``kma_forecast``."""
LOAD: Final = "load"
AUDITED: Final = "%Y%m%dT%H%M"
DATE_FORMAT: Final = "%Y/%m/%d"
_KEY: Final = re.compile(
    rf"{DOCS}/(?P<day>\d{{4}}/\d\d/\d\d)/(?P<name>"
    rf"(?P<subject>{FORECAST}_(?=\d\dh))?"
    r"(?:(?:(?P<hour>[01]\d|2[0-3])h|load)_(?P<audited>\d{8}T\d{4})|(?P<clock>(?:[01]\d|2[0-3])[0-5]\d))"
    r"_(?P<score>none|[01](?:\.\d+)?)_(?P<fit>[01](?:\.\d+)?)_(?P<run>.+)\.html)"
)
_PART: Final = re.compile(r"part-\d{4}-[0-9a-f]{8}$")


@dataclass(frozen=True, slots=True)
class DocsPage:
    """A page, from its key.

    Attributes:
        day: its folder, ``YYYY/MM/DD``.
        name: of the file.
        hour: hour of the data on that day, 0 to 23 (KST); None for a batch of a load.
        audited_at: time of the audit, KST.
        score: quality score, 0 to 1; None where nothing could be scored.
        fit_share: share of the rows that were fit, 0 to 1.
        run: name of the run, as in keys.
        by_clock: whether the hour is that of the audit, because the name has no other.
        is_forecast: whether it is about an issue of the KMA's forecast; its hour is that of the issue.
    """

    day: str
    name: str
    hour: int | None
    audited_at: datetime
    score: float | None
    fit_share: float
    run: str
    by_clock: bool = False
    is_forecast: bool = False

    @property
    def key(self) -> str:
        """The key on S3."""
        return f"{DOCS}/{self.day}/{self.name}"


def page_of(audit: Audit, *, load: bool) -> DocsPage:
    """The name of an audit's page."""
    audited = audit.audited_at.astimezone(KST).replace(second=0, microsecond=0)
    hour = None if load or audit.window is None else audit.window[1].astimezone(KST)
    is_forecast = audit.subject == FORECAST
    kind = LOAD if hour is None else f"{FORECAST}_{hour:%H}h" if is_forecast else f"{hour:%H}h"
    return DocsPage(
        day=f"{hour or audited:{DATE_FORMAT}}",
        name=f"{kind}_{audited:{AUDITED}}_{tail(audit)}.html",
        hour=None if hour is None else hour.hour,
        audited_at=audited,
        score=audit.score.overall,
        fit_share=audit.fit_share,
        run=safe_run(audit.run),
        is_forecast=is_forecast,
    )


def tail(audit: Audit) -> str:
    """The end of the names of an audit's objects: score, fit share, run."""
    score = "none" if audit.score.overall is None else f"{audit.score.overall:.4f}"
    return f"{score}_{audit.fit_share:.4f}_{safe_run(audit.run)}"


def pages(keys: Iterable[str]) -> list[DocsPage]:
    """The pages among the keys of a listing, newest audit first."""
    every = [page for key in keys if (page := _parsed(key))]
    return sorted(every, key=lambda page: (page.audited_at, page.name), reverse=True)


def page_named(day: str, name: str) -> DocsPage | None:
    """The page of a name; None where it is the name of no page.

    Args:
        day: YYYY/MM/DD.
        name: of the file.
    """
    return _parsed(f"{DOCS}/{day}/{name}")


def _parsed(key: str) -> DocsPage | None:
    """The page of a key; None where the key is no page."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    day, clock = match["day"], match["clock"]
    try:
        when, form = (f"{day} {clock}", f"{DATE_FORMAT} %H%M") if clock else (match["audited"], AUDITED)
        audited = datetime.strptime(when, form).replace(tzinfo=KST)
    except ValueError:
        return None
    hour = match["hour"] or (clock[:2] if clock and not _PART.search(match["run"]) else None)
    return DocsPage(
        day=day,
        name=match["name"],
        hour=None if hour is None else int(hour),
        audited_at=audited,
        score=None if match["score"] == "none" else float(match["score"]),
        fit_share=float(match["fit"]),
        run=match["run"],
        by_clock=bool(clock),
        is_forecast=match["subject"] is not None,
    )
