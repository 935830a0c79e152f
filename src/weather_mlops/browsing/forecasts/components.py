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
from weather_mlops.pages.charts import Look
from weather_mlops.pages.markup import MISSING, escape, kst, number, page, percent

DIGITS: Final = 1  # as in the KMA's responses
OBSERVED: Final = Look("ink", width=1.4)
MEDIAN: Final = Look("model", (4, 1.5), width=2.2)

STYLE: Final = """
[lang=ko]{white-space:nowrap}
[lang=ko].sentence{white-space:normal}
nav ul{display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.4em 0;list-style:none}
nav [aria-current]{font-weight:600;color:var(--ink);text-decoration:none}
caption{text-align:left;color:var(--soft);padding:0 0 .3em;white-space:normal}
caption>span{display:block;position:sticky;left:0;width:fit-content;max-width:min(75ch,92vw)}
""".strip()


def frame(title: str, body: str, *, style: str = "") -> str:
    """A page; title as text, body as HTML."""
    return page(escape(title), f"<main>{body}</main>", style=f"{frames.STYLE}{STYLE}{style}")


def not_yet() -> str:
    """The page as long as nothing was published."""
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
    """The page if the published object can't be read."""
    return frame("Forecasts", f'<h1>Forecasts</h1><p class="bad">{escape(str(error))}</p>')


def notice(document: ForecastDocument, *, old: bool) -> str:
    """A warning where the forecasts are older than they should be."""
    if not old:
        return ""
    return frames.notice(
        "<b>These forecasts are old.</b> "
        f"The newest are of {kst(document.made_at)}; new ones should be published every hour. "
        "Look at the newest runs of <code>data_collection</code> and <code>forecast</code>."
    )


def issued_by(document: ForecastDocument, target: ForecastTarget) -> str:
    """When the forecasts were made, and by which model."""
    by = f"by model {escape(target.model_version)}" if target.model_version else "without a model"
    return f'<p class="soft">Made {kst(document.made_at)} {by}. {frames.TIMES}</p>'


def short(moment: datetime) -> str:
    """A time in KST without year and zone: the column names the zone."""
    return f"{moment.astimezone(KST):%m-%d %H:%M}"


def named(station: ForecastStation) -> str:
    """The names and the id of a station, as HTML."""
    return f'{escape(station.english)} <span lang="ko">{escape(station.korean)}</span> ({station.id})'


def amount(value: float | None, target: ForecastTarget) -> str:
    """A figure with its unit, as HTML."""
    return number(value, target.unit, digits=DIGITS)


def plain(value: float | None) -> str:
    """A figure without its unit, which the column's title has."""
    return number(value, digits=DIGITS)


def listing(caption: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], name: str) -> str:
    """A table with a caption, in a box that scrolls and takes the keyboard focus.

    Args:
        caption: as HTML.
        head: column titles, as HTML.
        rows: title and cells of each row, as HTML.
        name: for screen readers, as text.
    """
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "".join(f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>' for title, cells in rows)
    return (
        f'<div class="box" role="region" tabindex="0" aria-label="{escape(name)}"><table>'
        f"<caption><span>{caption}</span></caption><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def score_cells(score: Score) -> list[str]:
    """Hours, RMSE and coverage, as cells."""
    texts = (f"{score.n:,}", number(score.rmse), percent(score.coverage_80))
    return [f"<td>{text}</td>" for text in texts]


def scores(rows: Sequence[tuple[str, Score]], target: ForecastTarget, what: str) -> str:
    """A table of scores.

    Args:
        rows: title, as HTML, and score of each row.
        target: whose unit the figures have.
        what: the scope of the scores, as HTML, for the caption.
    """
    nothing = all(score.n == 0 for _, score in rows)
    note = f'<p class="soft">{MISSING}: no hour has both yet.</p>' if nothing else ""
    head = (
        "Forecast",
        "Hours compared",
        f"RMSE of p50, {escape(target.unit)}",
        "Within p10 to p90 (aim 80 %)",
    )
    lines = [(title, score_cells(score)) for title, score in rows]
    name = "Forecasts against observations"
    return listing(f"{name}, {what}.", head, lines, name) + note
