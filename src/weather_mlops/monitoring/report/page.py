"""The page: a verdict on top, then what answers the questions of those who watch over the pipelines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from weather_mlops.monitoring.checks import Section, Status
from weather_mlops.monitoring.report import data, model, plots, system
from weather_mlops.monitoring.report.components import check_tables, foreign, gap
from weather_mlops.monitoring.report.document import SCHEMA, Report
from weather_mlops.monitoring.report.history import earlier, strip
from weather_mlops.monitoring.report.reasons import Reason, reasons
from weather_mlops.monitoring.report.starting import Beginning
from weather_mlops.monitoring.report.translations import Translator, figure, time
from weather_mlops.monitoring.report.verdict import ReportVerdict, breaches, judge, unmeasured
from weather_mlops.pages.markup import NBSP, cell, escape, folded, page, table

BODIES: Final[dict[str, Callable[[Section, Translator], str]]] = {
    "system_health": system.body,
    "data_quality": data.body,
    "model_performance": model.body,
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
:root{--warn:#8a5200;--tint:12%}@media (prefers-color-scheme:dark){:root{--warn:#ffc46b;--tint:22%}}
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
    + plots.STYLE
)


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Where the page leads.

    Attributes:
        root: from the page to the folder of all reports: ``""`` or ``"../../../"``.
        runbook: of which each check has a section; no link where it is no address of the web.
    """

    root: str
    runbook: str

    def to(self, key: str) -> str:
        """A report's page by the key of its JSON."""
        return escape(self.root + key.removeprefix(PREFIX).removesuffix(".json") + ".html")

    def advice(self, check: str) -> str:
        """Where the runbook says what to do."""
        return f"{self.runbook}#{check}"


PREFIX: Final = "reports/monitoring/"
"""Of the keys of all reports."""


def render(report: Report, words: Translator, links: PageLinks) -> str:
    """The page as HTML."""
    parts = [(section.name, _body(section, words)) for section in report.sections]
    parts += [
        ("changed", _changes(report, words, links)),
        ("missing", _missing(report, words)),
        ("earlier", earlier(report, words, links.to)),
    ]
    told = "".join(f'<section id="{name}"><h2>{words(name)}</h2>{body}</section>' for name, body in parts)
    top = f"{_verdict(report, words, links)}{_tiles(report, words)}{strip(report, words, links.to)}"
    foot = words("footer", schema=SCHEMA, key=escape(report.key))
    body = (
        f"<header>{_head(report, words, links)}</header><main>{top}{told}</main>"
        f'<footer><p class="soft">{foot}</p></footer>'
    )
    title = f"{words(report.verdict)}: {words('title')}, {time(report.at)}"
    return page(title, body, language=words.language, style=STYLE)


def _body(section: Section, words: Translator) -> str:
    if section.figures:
        return BODIES[section.name](section, words)
    return check_tables(section.checks, words) + gap(
        section, section.name, words(f"of_{section.name}"), words
    )


def _head(report: Report, words: Translator, links: PageLinks) -> str:
    before = report.earlier
    told = words("made", at=time(report.at), run=escape(report.run))
    ways = [f'<a href="{links.root}latest.html">{words("latest")}</a>']
    if before.key:
        at = time(before.at) if before.at else escape(before.key.removeprefix(PREFIX))
        ways.insert(0, f'<a href="{links.to(before.key)}">{words("previous", at=at)}</a>')
    return f'<h1>{words("title")}</h1><p class="soft">{told}<br>{" · ".join(ways)}</p>'


def _verdict(report: Report, words: Translator, links: PageLinks) -> str:
    verdict = report.verdict
    told = reasons(report.sections, words, report.start)
    lines = "".join(f"<li>{_reason(reason, words, links)}</li>" for reason in told)
    return (
        f'<section class="verdict {verdict}"><p>{_sign(verdict)}{NBSP}{words(verdict)}</p>'
        f"<ul>{lines}</ul></section>"
    )


def _reason(reason: Reason, words: Translator, links: PageLinks) -> str:
    told = escape(reason.text)
    broken = [check for check in reason.checks if check.status is Status.BREACH]
    if not broken:
        return told
    check = broken[0]
    weight = "critical" if reason.weight is ReportVerdict.ACT else "warning"
    told = f'<span class="badge {weight}">{words(weight)}</span> {told}'
    if len(broken) == 1 and check.value is not None and check.limit is not None:
        told += f' <span class="soft">{foreign(check.detail)}</span>'
    return f"{told} {_advice(check.name, words, links)}"


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
    told = (
        words("tile_silent")
        if unmeasured(section)
        else words("tile_checks", breaches=len(breaches(checks)), n=len(checks) - hidden)
    )
    told += f"; {words('tile_unknown', n=hidden)}" if hidden else ""
    return (
        f'<li class="{verdict}"><a href="#{section.name}"><b>{words(section.name)}</b>'
        f"{_sign(verdict)} {words(verdict)}: {told}</a></li>"
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
        "gaps_over": changes.found,
    }
    always = ("opened", "closed")
    lines = "".join(
        f"<dt>{words(name)}</dt><dd>{_joined(told) or words('none')}</dd>"
        for name, told in lists.items()
        if told or name in always
    )
    since = f'<a href="{links.to(before.key)}">{words("since", at=time(before.at))}</a>'
    return f"<p>{since}</p><dl>{lines}</dl>{_moves(report, words)}"


def _moves(report: Report, words: Translator) -> str:
    moves = report.changes.moved
    if not moves:
        return f"<p>{words('nothing_moved')}</p>"
    rows = []
    for move in moves:
        check, now = move.check, move.check.value or 0.0
        told = [
            figure(move.before, check.unit),
            figure(now, check.unit, limit=check.limit),
            figure(now - move.before, check.unit, signed=True),
            figure(check.limit, check.unit),
        ]
        rows.append((escape(words.titled(check)), [cell(escape(text)) for text in told]))
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
