"""What the forecast pages share: their frame, their tables, how they name stations and times."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.browsing import frame as frames
from weather_mlops.browsing.forecasts.published import (
    ForecastDocument,
    ForecastStation,
    ForecastTarget,
    Score,
)
from weather_mlops.clock import KST
from weather_mlops.errors import ObjectDamaged
from weather_mlops.pages.curves import Look
from weather_mlops.pages.markup import MISSING, escape, kst, number, page, percent

DIGITS: Final = 1  # of the wire
OBSERVED: Final = Look("ink", width=1.4)
MEDIAN: Final = Look("model", (4, 1.5), width=2.2)

STYLE: Final = """
[lang=ko]{white-space:nowrap}
nav ul{display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.4em 0;list-style:none}
nav [aria-current]{font-weight:600;color:var(--ink);text-decoration:none}
caption{text-align:left;color:var(--soft);padding:0 0 .3em;white-space:normal}
caption span{display:block;position:sticky;left:0;width:fit-content;max-width:min(75ch,92vw)}
""".strip()


def frame(title: str, body: str, *, style: str = "") -> str:
    """A page; title as text, body as HTML."""
    return page(escape(title), f"<main>{body}</main>", style=f"{frames.STYLE}{STYLE}{style}")


def not_yet() -> str:
    """The page while nothing was published."""
    return frame(
        "Forecasts",
        '<h1>Forecasts</h1><p class="lead">No forecast was published yet.</p>'
        "<p>The pipeline <code>forecast</code> runs after each collection, and forecasts once "
        "<code>model_training</code> has deployed a model.</p><ul>"
        "<li>Where its task <code>make_forecast</code> is skipped, its XCom <code>skipped</code> says "
        "why.</li>"
        "<li>Where no model was deployed, see the newest run of <code>model_training</code>: "
        "<code>deploy_model</code> names the gate that refused it, <code>check_data_readiness</code> what "
        "the data lack.</li></ul>",
    )


def damaged(error: ObjectDamaged) -> str:
    """The page while what was published can't be read."""
    return frame("Forecasts", f'<h1>Forecasts</h1><p class="bad">{escape(str(error))}</p>')


def notice(document: ForecastDocument, *, old: bool) -> str:
    """A warning where the forecasts are older than they should be."""
    if not old:
        return ""
    return frames.notice(
        "<b>These forecasts are old.</b> "
        f"The newest were made {kst(document.made_at)}; one should come every hour. "
        "Look at the newest runs of <code>data_collection</code> and <code>forecast</code>."
    )


def issued_by(document: ForecastDocument, target: ForecastTarget) -> str:
    """When and by which model."""
    by = f"by model {escape(target.model_version)}" if target.model_version else "without a model"
    return f'<p class="soft">Made {kst(document.made_at)} {by}. {frames.TIMES}</p>'


def short(moment: datetime) -> str:
    """The same where the column names the zone and the year is plain."""
    return f"{moment.astimezone(KST):%m-%d %H:%M}"


def named(station: ForecastStation) -> str:
    """Its names and number, as HTML."""
    return f'{escape(station.english)} <span lang="ko">{escape(station.korean)}</span> ({station.id})'


def amount(value: float | None, target: ForecastTarget) -> str:
    """A figure with its unit, as HTML."""
    return number(value, target.unit, digits=DIGITS)


def plain(value: float | None) -> str:
    """A figure whose column has the unit."""
    return number(value, digits=DIGITS)


def listing(caption: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], name: str) -> str:
    """A table with a caption, in a box that may scroll and can be reached by keys; all HTML but its name."""
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "".join(f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>' for title, cells in rows)
    return (
        f'<div class="box" role="region" tabindex="0" aria-label="{escape(name)}"><table>'
        f"<caption><span>{caption}</span></caption><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def score_cells(score: Score) -> list[str]:
    """Hours, RMSE and coverage, as cells."""
    told = (f"{score.n:,}", number(score.rmse), percent(score.coverage_80))
    return [f"<td>{text}</td>" for text in told]


def scores(rows: Sequence[tuple[str, Score]], target: ForecastTarget, what: str) -> str:
    """A table of them; row titles and what they are of as HTML."""
    nothing = all(score.n == 0 for _, score in rows)
    why = f'<p class="soft">{MISSING}: no hour has both yet.</p>' if nothing else ""
    head = (
        "Forecast",
        "Hours compared",
        f"RMSE of p50, {escape(target.unit)}",
        "Within p10 to p90 (aim 80 %)",
    )
    lines = [(title, score_cells(score)) for title, score in rows]
    return listing(f"Forecasts against what came, {what}.", head, lines, "Forecasts against what came") + why
