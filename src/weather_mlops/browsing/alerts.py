"""The page of the alerts: open, watched and past ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.monitoring.alert_run import KEY, State
from weather_mlops.monitoring.alert_state import REMEMBERED, Alert
from weather_mlops.monitoring.checks import Check, CheckSeverity
from weather_mlops.monitoring.report.check_tables import against, severity_badge
from weather_mlops.monitoring.report.links import PageLinks
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import rendering
from weather_mlops.pages.components import Table, TableCell, TableColumn, TableRow
from weather_mlops.pages.figures import number, short_kst
from weather_mlops.pages.visit import Visit

STALE: Final = timedelta(hours=2)
"""Age of the state from which on the page asks whether monitoring runs; it does each half hour."""
PAST_OPEN: Final = 20
FIGURES: Final = ("report_figure", "report_limit", "report_against")
TWO_DAYS: Final = timedelta(days=2)


def read(store: ObjectStore) -> State | str | None:
    """The alerts; why they can't be read, in English; None where there are none yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        return State.from_json(store.get(KEY, JSON_DOCUMENT), store.where(KEY))
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        return str(error)


def render(state: State | str | None, now: datetime, visit: Visit) -> str:
    """The page.

    Args:
        state: what ``read`` returned.
        now: the time (UTC).
        visit: who opens it.
    """
    words = Translator(visit.language.name)
    known = state if isinstance(state, State) else State()
    links = PageLinks("", known.runbook)
    alerts = sorted(known.alerts.values(), key=_gravest_first)
    active = [alert for alert in alerts if alert.is_open]
    watched = [alert for alert in alerts if alert.opened_at is None]
    past = [*known.past, *(alert for alert in alerts if alert.resolved_at)]
    return rendering.render(
        "monitoring/alerts.html",
        visit,
        state=known if isinstance(state, State) else None,
        fault=state if isinstance(state, str) else "",
        is_stale=now - known.written_at > STALE,
        n_open=len(active),
        n_critical=sum(alert.check.severity is CheckSeverity.CRITICAL for alert in active),
        n_watched=len(watched),
        active=_open_table(active, now, links, words) if active else None,
        watched=_watched_table(watched, now, links, words) if watched else None,
        past=_past_table(past, links, words) if past else None,
        days=REMEMBERED.days,
    )


def _gravest_first(alert: Alert) -> tuple[bool, datetime]:
    return alert.check.severity is not CheckSeverity.CRITICAL, alert.since


def _open_table(alerts: Sequence[Alert], now: datetime, links: PageLinks, words: Translator) -> Table:
    rows = [
        TableRow(
            _title(alert.check, links, words),
            [
                _since(alert, now, words),
                *_figures(alert.check),
                short_kst(alert.told_at) if alert.told_at else words("alerts_no_message"),
                _detail(alert.check),
            ],
        )
        for alert in alerts
    ]
    columns = _columns(words, "alerts_since", *FIGURES, "alerts_message")
    return Table(words("alerts_open_caption"), columns, rows, words("report_bare"))


def _watched_table(alerts: Sequence[Alert], now: datetime, links: PageLinks, words: Translator) -> Table:
    rows = [
        TableRow(
            _title(alert.check, links, words),
            [
                _since(alert, now, words),
                *_figures(alert.check),
                str(alert.bad),
                _detail(alert.check),
            ],
        )
        for alert in alerts
    ]
    columns = _columns(words, "alerts_since", *FIGURES, "alerts_in_a_row")
    return Table(words("alerts_watched_caption"), columns, rows, words("report_bare"))


def _past_table(alerts: Sequence[Alert], links: PageLinks, words: Translator) -> Table:
    rows = [
        TableRow(
            replace(_title(check, links, words), sign=""),
            [_since(alert, until, words), short_kst(until), *_figures(check), _detail(check)],
        )
        for until, alert in sorted(_ends(alerts), key=lambda end: end[0], reverse=True)
        if (check := alert.worst or alert.check)
    ]
    columns = _columns(words, "alerts_since", "alerts_until", *FIGURES)
    caption = words("alerts_past_caption", days=REMEMBERED.days)
    more = words("alerts_more_past", n=len(rows) - PAST_OPEN)
    return Table(caption, columns, rows, words("report_bare"), PAST_OPEN, more)


def _ends(alerts: Sequence[Alert]) -> list[tuple[datetime, Alert]]:
    """Resolved alerts and when they were."""
    return [(alert.resolved_at, alert) for alert in alerts if alert.resolved_at]


def _title(check: Check, links: PageLinks, words: Translator) -> TableCell:
    """The alert, whose link leads to what to do; an address that is no link stands below."""
    badge, tone = severity_badge(check, words)
    advice = links.advice(check.name)
    return TableCell(
        words.titled(check),
        sign=check.status,
        badge=badge,
        tone=tone,
        href=advice if links.leads_to_the_runbook else "",
        note="" if links.leads_to_the_runbook else advice,
    )


def _figures(check: Check) -> list[TableCell | str]:
    return [
        figure(check.value, check.unit, limit=check.limit),
        figure(check.limit, check.unit),
        against(check),
    ]


def _detail(check: Check) -> TableCell:
    return TableCell(check.detail, "words", language="en")


def _columns(words: Translator, *keys: str) -> list[TableColumn | str]:
    """Titles of the columns between the alert and its detail."""
    texts = [words(key) for key in ("alerts_alert", *keys)]
    return [*texts, TableColumn(words("report_measured_on"), "words")]


def _since(alert: Alert, until: datetime, words: Translator) -> str:
    return words("alerts_since_for", at=short_kst(alert.since), time=_lasted(until - alert.since, words))


def _lasted(time: timedelta, words: Translator) -> str:
    """A duration, in hours or days."""
    if time < TWO_DAYS:
        return number(time / timedelta(hours=1), "h", digits=1)
    return words("alerts_days", n=number(time / timedelta(days=1), digits=1))
