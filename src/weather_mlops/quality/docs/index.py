"""The indexes: the runs of a day, and a calendar of hours with a link to each of them.

The calendar is read back from its own page: one line per day, of which a run replaces only its own. So its
cost stays the same, however many days there are.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Self
from urllib.parse import quote

from weather_mlops.pages import markup
from weather_mlops.pages.markup import escape
from weather_mlops.quality.docs.names import DATE_FORMAT, FORECASTS, INDEX, LOADS, DocsPage, pages

DAYS_SHOWN: Final = 31
"""Days with runs in the calendar; earlier ones are a list of links."""
HOURS: Final = range(24)
GOOD: Final = 0.97
"""Minimum score of healthy runs; as in pipelines/monitoring.yml."""
FAIR: Final = 0.9
"""Monitoring alerts when the mean of a day is lower; as in pipelines/monitoring.yml."""
LAYOUT: Final = "calendar-1"
"""Changes with the format of a line: a calendar of another format is not continued."""

_LAYOUT: Final = re.compile(rf'<main data-layout="{LAYOUT}" data-style="([^"]*)">')
_LINE: Final = re.compile(r'^<tr id="d(\d{4}-\d\d-\d\d)">.*</tr>$', re.MULTILINE)
_EARLIER: Final = re.compile(r'^<li id="e(\d{4}-\d\d-\d\d)">', re.MULTILINE)

STYLE: Final = """
:root{--good-page:#d7f0df;--good-ink:#0b4a26;--fair-page:#fdf0cc;--fair-ink:#5c4300;--poor-page:#fbd9d5;
--poor-ink:#7a120b;--unscored-page:#e6e9ec;--unscored-ink:#3c444c;--link:#0b57b0}
@media (prefers-color-scheme:dark){:root{--good-page:#153d26;--good-ink:#a8ecc2;--fair-page:#453606;
--fair-ink:#f3d98b;--poor-page:#5a1a14;--poor-ink:#ffc9c2;--unscored-page:#2c3238;--unscored-ink:#c9d1d9;
--link:#7cb8ff}}
body{max-width:1500px}a{color:var(--link)}a:focus-visible,.box:focus-visible{outline:3px solid var(--link)}
.good,.fair,.poor,.unscored{color:var(--ink-of);background:var(--page-of);font-weight:400}
.good{--page-of:var(--good-page);--ink-of:var(--good-ink)}
.fair{--page-of:var(--fair-page);--ink-of:var(--fair-ink)}
.poor{--page-of:var(--poor-page);--ink-of:var(--poor-ink)}
.unscored{--page-of:var(--unscored-page);--ink-of:var(--unscored-ink)}
.key span{padding:.1em .5em;margin-right:.3em;border-radius:3px}
.calendar th,.calendar td{padding:1px;text-align:center;border:1px solid var(--rule)}
.calendar thead th{padding:.3em .1em}.calendar tbody th{padding:.2em .5em;white-space:nowrap}
.calendar td a{display:block;min-width:2.6em;min-height:24px;padding:.15em .2em;line-height:1.2}
.calendar td[class] a{color:var(--ink-of);text-decoration:none}.calendar td a:hover{text-decoration:underline}
.calendar small{display:block;font-size:.82em}.calendar td a.more{font-size:.82em;text-decoration:underline}
.days{display:flex;flex-wrap:wrap;gap:.4em 1.2em;padding:0;list-style:none}
.runs :last-child:is(td,th){text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:20em}
"""


def word(score: float | None) -> str:
    """The grade of a score, which is also its CSS class."""
    if score is None:
        return "unscored"
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


@dataclass
class Calendar:
    """The index of all days.

    Attributes:
        style: file name of the pages' style sheet when the calendar was written.
        lines: the table's line of each day, by YYYY-MM-DD.
        earlier: days before those in the table.
    """

    style: str
    lines: dict[str, str] = field(default_factory=dict)
    earlier: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The calendar from its page; None where the page has another format."""
        match = _LAYOUT.search(text)
        if match is None:
            return None
        lines = {line[1]: line[0] for line in _LINE.finditer(text)}
        return cls(match[1], lines, set(_EARLIER.findall(text)))

    def take(self, keys: Iterable[str]) -> None:
        """Replace the lines of the days in a listing, which must contain all pages of each day."""
        days = defaultdict(list)
        for page in pages(keys):
            if not page.is_forecast:
                days[page.day].append(page)
        for day, runs in days.items():
            self.lines[day.replace("/", "-")] = _line(day, runs)
        for day in sorted(self.lines)[:-DAYS_SHOWN]:
            del self.lines[day]
            self.earlier.add(day)
        self.earlier -= set(self.lines)

    @property
    def oldest(self) -> str | None:
        """The first day in the calendar."""
        return min({*self.lines, *self.earlier}, default=None)

    def drop(self, day: str) -> None:
        """Remove a day."""
        self.lines.pop(day, None)
        self.earlier.discard(day)

    def page(self) -> str:
        """The page as HTML."""
        hours = "".join(f'<th scope="col">{hour:02d}</th>' for hour in HOURS)
        lines = "\n".join(self.lines[day] for day in sorted(self.lines, reverse=True))
        earlier = "\n".join(
            f'<li id="e{day}"><a href="{day.replace("-", "/")}/{INDEX}">{day}</a></li>'
            for day in sorted(self.earlier, reverse=True)
        )
        body = (
            f'<main data-layout="{LAYOUT}" data-style="{escape(self.style)}">'
            "<h1>Data quality, hour by hour</h1>"
            f'<p class="lead">A row is a day, a column the hour of that day (KST) that the data are about. '
            "A cell links to the page of that hour's audit and shows its quality score, from 0 to 1.</p>"
            f'{LEGEND}<div class="box" tabindex="0" role="region" aria-label="Days and hours">'
            f'<table class="calendar"><thead><tr><th scope="col">day</th>{hours}'
            f'<th scope="col">loads</th></tr></thead><tbody>\n{lines}\n</tbody></table></div>'
            + (f'<h2>Earlier days</h2><ul class="days">\n{earlier}\n</ul>' if earlier else "")
            + "</main>"
        )
        return markup.page("Data quality, hour by hour (KST)", body, style=STYLE)


LEGEND: Final = (
    f'<p class="key"><span class="good">good</span>{GOOD:g} or more '
    f'<span class="fair">fair</span>{FAIR:g} or more <span class="poor">poor</span>less '
    '<span class="unscored">unscored</span>nothing could be measured. –: no audit of that hour. '
    "“3 runs”: it was audited more than once; the newest one is shown.</p>"
)


def _line(day: str, runs: Sequence[DocsPage]) -> str:
    """A day in the calendar: a single line of text, because it is read back line by line."""
    hours: Mapping[int | None, list[DocsPage]] = defaultdict(list)
    for page in runs:
        hours[page.hour].append(page)
    cells = "".join(_cell(day, hour, hours[hour]) for hour in HOURS)
    loads = len(hours[None])
    link = f'<a href="{day}/{INDEX}#loads">{loads}</a>' if loads else markup.MISSING
    return (
        f'<tr id="d{day.replace("/", "-")}"><th scope="row"><a href="{day}/{INDEX}">{_day(day):%Y-%m-%d}</a> '
        f"{_day(day):%a}</th>{cells}<td>{link}</td></tr>"
    )


def _cell(day: str, hour: int, runs: Sequence[DocsPage]) -> str:
    if not runs:
        return f"<td>{markup.MISSING}</td>"
    newest, grade = runs[0], word(runs[0].score)
    more = f'<a class="more" href="{day}/{INDEX}#h{hour:02d}">{len(runs)} runs</a>' if len(runs) > 1 else ""
    return (
        f'<td class="{grade}"><a href="{day}/{quote(newest.name)}">{markup.number(newest.score)}'
        f"<small>{grade}</small></a>{more}</td>"
    )


def day_index(day: str, keys: Iterable[str]) -> str:
    """The runs of a day, newest hour first; of the loads that were audited on it only their number.

    Args:
        day: YYYY/MM/DD.
        keys: the keys of its folder.
    """
    every = pages(keys)
    runs = [page for page in every if not page.is_forecast]
    hourly = sorted((page for page in runs if page.hour is not None), key=_by_hour, reverse=True)
    loads = len(runs) - len(hourly)
    title = f"Data quality of {_day(day):%Y-%m-%d}"
    body = (
        f'<nav><a href="../../../{INDEX}#d{day.replace("/", "-")}">All days</a></nav>'
        f"<main><h1>{title}</h1>{LEGEND}"
        + _runs("Hour by hour, KST", "hour", hourly, 'id="hours"')
        + (
            f'<h2 id="loads">Batches of loads, audited on this day</h2><p><a href="{LOADS}">All {loads}</a>, '
            "for those who may read the DAG history.</p>"
            if loads
            else ""
        )
        + (
            f'<h2 id="forecasts">Issues of the KMA\'s forecast</h2><p><a href="{FORECASTS}">'
            f"All {len(every) - len(runs)}</a>, for those who may read the DAG kma_forecast.</p>"
            if len(every) > len(runs)
            else ""
        )
        + "</main>"
    )
    return markup.page(f"{title} (KST)", body, style=STYLE)


def loads_index(day: str, keys: Iterable[str]) -> str:
    """The batches of loads that were audited on a day, newest first; empty where there are none.

    Args:
        day: YYYY/MM/DD.
        keys: the keys of its folder.
    """
    loads = [page for page in pages(keys) if page.hour is None]
    if not loads:
        return ""
    title = f"Batches of loads, audited on {_day(day):%Y-%m-%d}"
    body = (
        f'<nav><a href="{INDEX}">The day</a></nav><main><h1>{title}</h1>{LEGEND}'
        + _runs("Batches of loads, audited on this day", "batch", loads, 'id="loads"')
        + "</main>"
    )
    return markup.page(f"{title} (KST)", body, style=STYLE)


def forecasts_index(day: str, keys: Iterable[str]) -> str:
    """The audits of the KMA's forecast of a day, newest issue first; empty where there are none.

    Args:
        day: YYYY/MM/DD.
        keys: the keys of its folder.
    """
    issues = sorted((page for page in pages(keys) if page.is_forecast), key=_by_hour, reverse=True)
    if not issues:
        return ""
    title = f"The KMA's forecast, issues of {_day(day):%Y-%m-%d}"
    body = (
        f'<nav><a href="{INDEX}">The day</a></nav><main><h1>{title}</h1>{LEGEND}'
        + _runs("Issues of the KMA's forecast, KST", "issue", issues, 'id="issues"')
        + "</main>"
    )
    return markup.page(f"{title} (KST)", body, style=STYLE)


def _by_hour(page: DocsPage) -> tuple[int, datetime]:
    return (-1 if page.hour is None else page.hour, page.audited_at)


def _runs(caption: str, first: str, runs: Sequence[DocsPage], attribute: str) -> str:
    head = (first, "audited at", "quality score, 0 to 1", "fit rows", "run")
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines, seen = [], set[int]()
    for number, page in enumerate(runs):
        anchor = "" if page.hour is None or page.hour in seen else f' id="h{page.hour:02d}"'
        seen |= set() if page.hour is None else {page.hour}
        about = str(len(runs) - number) if page.hour is None else f"{page.hour:02d}:00"
        grade = word(page.score)
        lines.append(
            f'<tr{anchor}><th scope="row"><a href="{quote(page.name)}">{about}</a>'
            f"{' (hour of the audit)' if page.by_clock else ''}</th>"
            f"<td>{page.audited_at:%m-%d %H:%M}</td>"
            f'<td class="{grade}">{markup.number(page.score, digits=4)} {grade}</td>'
            f"<td>{markup.percent(page.fit_share, digits=2)}</td>"
            f"<td>{escape(page.run)}</td></tr>"
        )
    return (
        f'<h2 {attribute}>{caption}</h2><div class="box" tabindex="0" role="region" aria-label="{caption}">'
        f'<table class="runs"><thead><tr>{titles}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


def _day(day: str) -> date:
    return datetime.strptime(day, DATE_FORMAT).date()  # noqa: DTZ007  a day has no time zone
