"""How pages write figures, times and tables: escaped, with units, "–" where there is no figure."""

import html
from collections.abc import Sequence
from typing import Final

from weather_mlops.pages import figures
from weather_mlops.pages.figures import MISSING, NBSP, finite, kst, percent, to_kst
from weather_mlops.pages.rendering import clean
from weather_mlops.settings import is_simulated

__all__ = ["MISSING", "NBSP", "finite", "kst", "percent", "to_kst"]

STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--ink:#1c2024;--soft:#5b6570;--rule:#d5dae0;--band:#4caf7a;
--heat:232 119 34;--bad:#b3261e;--good:#1a7f4b;--model:#0b63ce;--persistence:#8a5a2b;--yesterday:#b8860b;
--climatology:#6b7785;--damped:#d1478c;--ridge:#1b8a5a;--champion:#7a3fd1;--other:#6b7785;
--kma:#c2410c;--warn:#8a5200}
@media (prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e6e9ec;--soft:#a3adb8;--rule:#3a424a;
--band:#4caf7a;--heat:232 119 34;--bad:#ff8a80;--good:#6fd6a0;--model:#5aa9ff;--persistence:#c79a6b;
--yesterday:#e3b73b;--climatology:#9aa6b2;--damped:#ff85bd;--ridge:#4fcb93;--champion:#b794ff;--other:#9aa6b2;
--kma:#ff9e6b;--warn:#ffc46b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:1rem;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,"DejaVu Sans",sans-serif;overflow-wrap:break-word}
h1{margin:.2em 0 0;line-height:1.2;text-wrap:balance}
h2{margin:2.2em 0 .4em;padding-top:.5em;border-top:1px solid var(--rule)}
p{max-width:75ch;margin:.5em 0}.lead{font-size:1.1em}.soft,figcaption,.caption{color:var(--soft)}
.simulated{border-left:4px solid var(--other);padding:.2em .8em;margin:0 0 .8em;color:var(--soft)}
.bad{color:var(--bad);font-weight:600}.good{color:var(--good)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:1rem 2rem}
.plots.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr))}
figure{display:flex;flex-direction:column;justify-content:space-between;
margin:.5em 0;min-width:0;max-width:520px}figcaption{font-size:.9em;line-height:1.35}
figcaption b{color:var(--ink)}figure>svg{display:block;width:100%;height:auto;margin-top:.4em}
svg text{font-family:system-ui,"DejaVu Sans",sans-serif!important}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.6em 0;list-style:none;font-size:.9em}
.swatch{width:34px;height:10px;margin-right:.4em}.swatch path{fill:none}
.box{overflow-x:auto;margin:.3em 0 .8em}table{border-collapse:collapse;font-size:.9em;
font-variant-numeric:tabular-nums}.caption{margin:.8em 0 0;font-size:.9em}
th,td{padding:.22em .6em;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
thead th{vertical-align:bottom;font-weight:600;white-space:normal}tbody th{font-weight:400}
th:first-child{position:sticky;left:0;background:var(--page);text-align:left}
.heat{background:rgb(var(--heat)/calc(var(--s)*.55))}
.bar{min-width:5.5em;background:linear-gradient(90deg,rgb(var(--heat)/.4) calc(var(--s)*100%),transparent 0)}
:root{--model-band:color-mix(in srgb,var(--model) 30%,transparent)}
dl{display:grid;grid-template-columns:minmax(8em,max-content) 1fr;gap:.25em 1.5em;margin:.8em 0}
dt{color:var(--soft)}dd{margin:0;min-width:0}summary{cursor:pointer;color:var(--soft);padding:.3em 0}
@media (max-width:600px){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6em}
.bar{min-width:0}}
tbody th:has(wbr){white-space:normal;min-width:9.5em}
""".strip()
SIMULATED: Final = {
    "en": "Simulated weather: nothing on this page was observed or forecast by the KMA.",
    "ko": "모의 날씨입니다. 이 페이지의 값은 기상청이 관측하거나 예보한 것이 아닙니다.",
}


def escape(text: str) -> str:
    """A text as HTML, without markup, controls of the text direction and API keys."""
    return html.escape(clean(text))


def number(value: float | None, unit: str = "", *, digits: int = 2, signed: bool = False) -> str:
    """A figure with its unit, as HTML."""
    return escape(figures.number(value, unit, digits=digits, signed=signed))


def cell(text: str, kind: str = "", scale: float | None = None) -> str:
    """A cell of a table.

    Args:
        text: as HTML.
        kind: CSS class.
        scale: 0 to 1: the strength of a ``heat`` cell's colour, the length of a ``bar``.
    """
    marks = f' class="{kind}"' if kind else ""
    marks += "" if scale is None else f' style="--s:{scale:.3f}"'
    return f"<td{marks}>{text}</td>"


def table(
    caption: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], missing: str = ""
) -> str:
    """A table in a box of its own: a wide table scrolls, the page does not.

    Args:
        caption: as HTML; says what the figures are and in which unit.
        head: column titles, as HTML.
        rows: title and cells of each row, as HTML.
        missing: why a figure may be missing; shown only where one is.
    """
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = "".join(f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>' for title, cells in rows)
    note = f'<p class="soft">{MISSING}: {missing}</p>' if missing and f">{MISSING}</td>" in lines else ""
    return (
        f'<p class="caption">{caption}</p>'
        f'<div class="box" tabindex="0"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>{note}"
    )


def page(title: str, body: str, *, language: str = "en", style: str = "") -> str:
    """A page that loads nothing else: its style is in it.

    Args:
        title: as HTML.
        body: as HTML.
        language: of the page, as in HTML's ``lang``.
        style: CSS of this page only, after STYLE.
    """
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}{style}</style></head><body>{notice(language)}{body}"
        "</body></html>\n"
    )


def notice(language: str = "en") -> str:
    """What a page says where the weather is a simulator's, as HTML; empty otherwise."""
    text = SIMULATED.get(language, SIMULATED["en"])
    return f'<aside class="simulated">{text}</aside>' if is_simulated() else ""
