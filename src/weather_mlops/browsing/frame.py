"""What the pages of the UI share: their frame, links, notices and lists."""

from collections.abc import Sequence
from typing import Final

from weather_mlops.browsing.documents import address
from weather_mlops.pages.markup import escape, page

STYLE: Final = """
a{color:var(--model)}a:focus-visible,.box:focus-visible,summary:focus-visible{outline:3px solid var(--model)}
h1{font-size:1.7em}h2{font-size:1.3em;margin-top:1.6em}h3{font-size:1.05em;margin:1.4em 0 .3em}
.start{color:var(--model)}.warn{color:var(--warn);font-weight:600}td.words,td.name{text-align:left}
td.words{white-space:normal;min-width:16em;max-width:60em;overflow-wrap:anywhere}
td.words ul:not(.list){margin:0;padding-left:1.1em}td.words .list{margin:0}th:has(.words){text-align:left}
.lead .good,.lead .start,.lead .warn,.lead .bad{font-size:1.3em;font-weight:700}
.list{display:flex;flex-wrap:wrap;gap:.3em 1.2em;padding:0;list-style:none}
.list a{display:inline-block;min-height:24px}
.notice{padding:.5em 1em;border-left:.4em solid var(--rule)}
dd{overflow-wrap:anywhere}
@media (max-width:600px){body{padding:.7rem}th:first-child{position:static}
tbody th{white-space:normal;min-width:9em;overflow-wrap:anywhere}td.words{min-width:11em}}
""".strip()
TIMES: Final = "All times are KST (UTC+9)."


def framed(title: str, lead: str, body: str) -> str:
    """A whole page.

    Args:
        title: as HTML.
        lead: what the page is, in a sentence, as HTML.
        body: as HTML.
    """
    head = f'<h1>{title}</h1><p class="soft">{lead}</p>'
    return page(title, f"<header>{head}</header><main>{body}</main>", style=STYLE)


def link(href: str, text: str) -> str:
    """A link.

    Args:
        href: its address.
        text: as HTML.
    """
    return f'<a href="{escape(href)}">{text}</a>'


def link_to(key: str, text: str) -> str:
    """A link to a page on S3; only the text where the key is no page.

    Args:
        key: of the page.
        text: as HTML.
    """
    href = address(key)
    return link(href, text) if href else text


def wordy(title: str) -> str:
    """The title of a column of left-aligned texts, as HTML."""
    return f'<span class="words">{title}</span>'


def notice(text: str) -> str:
    """A box that explains why something is missing; text as HTML."""
    return f'<p class="notice">{text}</p>'


def described(entries: Sequence[tuple[str, str]]) -> str:
    """A list of names and their values, all of it HTML."""
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in entries)}</dl>"


def listed(entries: Sequence[str]) -> str:
    """A row of short entries, as HTML."""
    return f'<ul class="list">{"".join(f"<li>{entry}</li>" for entry in entries)}</ul>'
