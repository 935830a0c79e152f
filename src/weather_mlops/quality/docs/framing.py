"""The frame around Great Expectations' page of a result: heading, score, and ways to other pages.

Great Expectations writes English only. So the views take its part out of the stored page, and frame it again
in the reader's language.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from markupsafe import Markup

from weather_mlops.pages import rendering
from weather_mlops.pages.figures import number
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit
from weather_mlops.quality.docs.index import Scored
from weather_mlops.quality.docs.links import DocsLinks
from weather_mlops.quality.docs.names import DocsPage

_STYLE: Final = re.compile(r'<link rel="stylesheet" href="\.\./\.\./\.\./assets/([A-Za-z0-9._-]+\.css)">')
_HEADING: Final = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_RUN: Final = re.compile(r"Run (.*?), audited at ")
_RESULT: Final = re.compile(r'<div class="framed" lang="en">(.*)</div>\s*</main>\s*</body>', re.DOTALL)
_FORMER_RESULT: Final = re.compile(r'(<div class="container-fluid.*)</body>', re.DOTALL)
_OWN_HEADING: Final = re.compile(r'<h1 class="h3">.*?</h1>\s*<p class="lead">.*?</p>', re.DOTALL)
"""What pages of earlier versions have in that part, in English."""


@dataclass(frozen=True, slots=True)
class Result:
    """Great Expectations' part of a page, and what the frame says about it.

    Attributes:
        content: HTML by Great Expectations.
        style: file name of its style sheet.
        hours: of the data: of a run one, of a load the first and the last; KST.
        run: name of the run.
        page: what its name says.
    """

    content: str
    style: str
    hours: Sequence[str]
    run: str
    page: DocsPage

    @classmethod
    def of_stored(cls, stored: str, page: DocsPage) -> Self | None:
        """What a stored page consists of; None where it isn't a page of ours.

        Args:
            stored: HTML.
            page: what its name says.
        """
        style, heading, run = _STYLE.search(stored), _HEADING.search(stored), _RUN.search(stored)
        content = _RESULT.search(stored) or _FORMER_RESULT.search(stored)
        if not (style and heading and content):
            return None
        part = _OWN_HEADING.sub("", content[1], count=1)
        part = part.replace("<main ", "<div ").replace("</main>", "</div>")
        name = html.unescape(run[1]) if run else page.run
        return cls(part, style[1], _TIME.findall(heading[1]), name, page)


def framed(result: Result, visit: Visit) -> str:
    """A page."""
    words, scored = visit.language, Scored(result.page.score)
    kind = "quality_page_of_forecast" if result.page.is_forecast else "quality_page_of_hour"
    heading = words(kind, hours=_hours(result.hours, words))
    grade = words(f"quality_grade_{scored.grade}")
    score = number(scored.score, digits=4)
    return rendering.render(
        "data_docs_page.html",
        visit,
        title=words("quality_page_title", heading=heading, score=score, grade=grade, run=result.run),
        heading=heading,
        result=Markup(result.content),  # noqa: S704  its values were escaped when it was written
        style=result.style,
        run=result.run,
        page=result.page,
        scored=scored,
        links=DocsLinks(visit, of_day=True),
    )


def _hours(hours: Sequence[str], words: Language) -> str:
    """The hours of the data, for people."""
    if not hours:
        return words("quality_no_hour")
    if len(hours) == 1:
        return f"{hours[0]} KST"
    return f"{words('quality_range', first=hours[0], last=hours[-1])} KST"
