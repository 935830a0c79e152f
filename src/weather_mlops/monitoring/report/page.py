"""The page: a verdict on top, then the sections, what changed, what is missing, and earlier reports."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from weather_mlops.monitoring.checks import Section, Status
from weather_mlops.monitoring.report import data, model, official, system
from weather_mlops.monitoring.report.components import check_tables, foreign, gap
from weather_mlops.monitoring.report.content import Report
from weather_mlops.monitoring.report.document import SCHEMA
from weather_mlops.monitoring.report.history import earlier, strip
from weather_mlops.monitoring.report.reasons import Reason, reasons
from weather_mlops.monitoring.report.starting import Beginning
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.monitoring.report.verdict import ReportVerdict, breaches, judge, unmeasured
from weather_mlops.pages import charts
from weather_mlops.pages.markup import NBSP, cell, escape, folded, kst, page, table

BODIES: Final[dict[str, Callable[[Section, Translator], str]]] = {
    "system_health": system.body,
    "data_quality": data.body,
    "model_performance": model.body,
    "official_forecast": official.body,
}
SIGNS: Final = {
    ReportVerdict.WELL: "✓",
    ReportVerdict.STARTING: "▷",
    ReportVerdict.WATCH: "▲",
    ReportVerdict.ACT: "✕",
}
MISSING_OPEN: Final = 12

STYLE: Final = (
    """
:root{--tint:12%}@media (prefers-color-scheme:dark){:root{--tint:22%}}
:root:lang(ko) body{word-break:keep-all}h3{margin:1.6em 0 .3em}
.well{--tone:var(--good)}.starting{--tone:var(--model)}.watch,.warning{--tone:var(--warn)}.act,.critical{--tone:var(--bad)}
.verdict{margin:1em 0;padding:.6em 1em;border-left:.5em solid var(--tone);
background:color-mix(in srgb,var(--tone) var(--tint),var(--page))}
.verdict>p:first-child{margin:0;font-size:1.6em;font-weight:700;color:var(--tone)}
.verdict ul{margin:.3em 0;padding-left:1.2em}.verdict li{margin:.35em 0}
.badge{display:inline-block;padding:0 .5em;border:1px solid var(--tone);border-radius:1em;
color:var(--tone);font-size:.8em;font-weight:600;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,240px),1fr));gap:.8em;
margin:1em 0;padding:0;list-style:none}
.tiles a{display:block;height:100%;padding:.5em .9em;border:1px solid var(--rule);
border-top:.3em solid var(--tone);color:inherit;text-decoration:none}
.tiles b{display:block}.tiles .sign,.verdict .sign{color:var(--tone)}
.sign{font-weight:700}.sign.ok{color:var(--good)}.sign.breach{color:var(--bad)}
.gap{padding:.3em .8em;border-left:.25em solid var(--rule);color:var(--soft)}.gap b{color:var(--ink)}
td.words{min-width:14em;max-width:26em;text-align:left;white-space:normal}
tbody th{min-width:8em;white-space:normal}
thead th{max-width:9em;overflow-wrap:normal}td.drifts{color:var(--warn);font-weight:600}
a{color:var(--model)}.days{padding-left:1.2em}.days a{display:inline-block;padding:.25em .35em}
.plots>div{min-width:0}figure{width:100%;justify-content:flex-start}th:has(.words){text-align:left}
.bar{background:linear-gradient(90deg,color-mix(in srgb,var(--model) 25%,transparent)
calc(var(--s)*100%),transparent 0)}
@media (max-width:600px){.bullet{width:4.5em}}
"""
    + charts.STYLE
)


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Addresses of the page's links.

    Attributes:
        root: relative path from the page to the folder of all reports: ``""`` or ``"../../../"``.
        runbook: it has a section for each check; shown as text where it is no http(s) URL.
    """

    root: str
    runbook: str

    def to(self, key: str) -> str:
        """The address of a report's page, by the key of its JSON."""
        return escape(self.root + key.removeprefix(PREFIX).removesuffix(".json") + ".html")

    def advice(self, check: str) -> str:
        """The address of the runbook's section about a check."""
        return f"{self.runbook}#{check}"


PREFIX: Final = "reports/monitoring/"
"""Common prefix of the keys of all reports."""


def render(report: Report, words: Translator, links: PageLinks) -> str:
    """The page as HTML."""
    parts = [(section.name, _body(section, words)) for section in report.sections]
    parts += [
        ("changed", _changes(report, words, links)),
        ("missing", _missing(report, words)),
        ("earlier", earlier(report, words, links.to)),
    ]
    sections = "".join(f'<section id="{name}"><h2>{words(name)}</h2>{body}</section>' for name, body in parts)
    top = f"{_verdict(report, words, links)}{_tiles(report, words)}{strip(report, words, links.to)}"
    foot = words("footer", schema=SCHEMA, key=escape(report.key))
    body = (
        f"<header>{_head(report, words, links)}</header><main>{top}{sections}</main>"
        f'<footer><p class="soft">{foot}</p></footer>'
    )
    title = f"{words(report.verdict)}: {words('title')}, {kst(report.at)}"
    return page(title, body, language=words.language, style=STYLE)


def _body(section: Section, words: Translator) -> str:
    if section.figures:
        return BODIES[section.name](section, words)
    return check_tables(section.checks, words) + gap(
        section, section.name, words(f"of_{section.name}"), words
    )


def _head(report: Report, words: Translator, links: PageLinks) -> str:
    before = report.earlier
    created = words("created", at=kst(report.at), run=escape(report.run))
    reports = [f'<a href="{links.root}latest.html">{words("latest")}</a>']
    if before.key:
        at = kst(before.at) if before.at else escape(before.key.removeprefix(PREFIX))
        reports.insert(0, f'<a href="{links.to(before.key)}">{words("previous", at=at)}</a>')
    return f'<h1>{words("title")}</h1><p class="soft">{created}<br>{" · ".join(reports)}</p>'


def _verdict(report: Report, words: Translator, links: PageLinks) -> str:
    verdict = report.verdict
    sentences = reasons(report.sections, words, report.start)
    lines = "".join(f"<li>{_reason(reason, words, links)}</li>" for reason in sentences)
    return (
        f'<section class="verdict {verdict}"><p>{_sign(verdict)}{NBSP}{words(verdict)}</p>'
        f"<ul>{lines}</ul></section>"
    )


def _reason(reason: Reason, words: Translator, links: PageLinks) -> str:
    text = escape(reason.text)
    broken = [check for check in reason.checks if check.status is Status.BREACH]
    if not broken:
        return text
    check = broken[0]
    weight = "critical" if reason.weight is ReportVerdict.ACT else "warning"
    text = f'<span class="badge {weight}">{words(weight)}</span> {text}'
    if len(broken) == 1 and check.value is not None and check.limit is not None:
        text += f' <span class="soft">{foreign(check.detail)}</span>'
    return f"{text} {_advice(check.name, words, links)}"


def _advice(check: str, words: Translator, links: PageLinks) -> str:
    where = escape(links.advice(check))
    if where.startswith(("https://", "http://")):
        return f'<a href="{where}">{words("what_to_do")}</a>'
    return f'<span class="soft">{words("what_to_do")}: {where}</span>'


def _tiles(report: Report, words: Translator) -> str:
    tiles = (_tile(section, words, report.start) for section in report.sections)
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _tile(section: Section, words: Translator, start: Beginning) -> str:
    verdict, checks = judge([section], start), section.checks
    hidden = sum(check.status is Status.UNKNOWN for check in checks)
    summary = (
        words("tile_absent")
        if section.is_absent
        else words("tile_silent")
        if unmeasured(section)
        else words("tile_checks", breaches=len(breaches(checks)), n=len(checks) - hidden)
    )
    summary += f"; {words('tile_unknown', n=hidden)}" if hidden else ""
    return (
        f'<li class="{verdict}"><a href="#{section.name}"><b>{words(section.name)}</b>'
        f"{_sign(verdict)} {words(verdict)}: {summary}</a></li>"
    )


def _sign(verdict: ReportVerdict) -> str:
    return f'<span class="sign" aria-hidden="true">{SIGNS[verdict]}</span>'


def _changes(report: Report, words: Translator, links: PageLinks) -> str:
    before, changes = report.earlier, report.changes
    if before.why_not or before.at is None:
        return f"<p>{words(f'why_{before.why_not}')}</p>"
    lists = {
        "opened": [words.titled(check) for check in changes.opened],
        "closed": [words.titled(check) for check in changes.closed],
        "lost": [words.problem(problem) for problem in changes.lost],
        "gaps_new": changes.missing,
        "gaps_over": changes.recovered,
    }
    always = ("opened", "closed")
    lines = "".join(
        f"<dt>{words(name)}</dt><dd>{_joined(items) or words('none')}</dd>"
        for name, items in lists.items()
        if items or name in always
    )
    since = f'<a href="{links.to(before.key)}">{words("since", at=kst(before.at))}</a>'
    return f"<p>{since}</p><dl>{lines}</dl>{_moves(report, words)}"


def _moves(report: Report, words: Translator) -> str:
    moves = report.changes.moved
    if not moves:
        return f"<p>{words('nothing_moved')}</p>"
    rows = []
    for move in moves:
        check, now = move.check, move.check.value or 0.0
        texts = [
            figure(move.before, check.unit),
            figure(now, check.unit, limit=check.limit),
            figure(now - move.before, check.unit, signed=True),
            figure(check.limit, check.unit),
        ]
        rows.append((escape(words.titled(check)), [cell(escape(text)) for text in texts]))
    head = [words(name) for name in ("check", "before", "now", "change", "limit")]
    return table(words("moved"), head, rows, words("no_limit"))


def _missing(report: Report, words: Translator) -> str:
    rows = [
        f"<li><b>{words(f'of_{section.name}')}: {escape(gap.what)}.</b> {foreign(gap.why)}</li>"
        for section in report.sections
        for gap in section.missing
    ]
    rows += [
        f"<li><b>{words(f'of_{section.name}')}: {escape(words.titled(check))}.</b> "
        f"{foreign(check.detail)}</li>"
        for section in report.sections
        for check in section.checks
        if check.status is Status.UNKNOWN
    ]
    if not rows:
        return f"<p>{words('nothing_missing')}</p>"
    rest = rows[MISSING_OPEN:]
    more = folded(words("others", n=len(rest)), f"<ul>{''.join(rest)}</ul>") if rest else ""
    return f"<ul>{''.join(rows[:MISSING_OPEN])}</ul>{more}"


def _joined(names: Sequence[str]) -> str:
    return "<br>".join(map(escape, names))
