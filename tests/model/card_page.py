"""What a test reads of a model card."""

import html
import re

from tests.pages.reading import Page

__all__ = ["NOT_A_FIGURE", "Page", "section", "table", "without_style"]

NOT_A_FIGURE = re.compile(r"\b(nan|none|null|inf)\b", re.IGNORECASE)


def without_style(page):
    """Without the places where "none" is a value of CSS."""
    return re.sub(r'<style.*?</style>|style="[^"]*"', "", page, flags=re.DOTALL)


def section(page, name):
    """The markup of a section, by its anchor."""
    return re.search(rf'<section id="{name}">.*?</section>', page, re.DOTALL)[0]


def table(page, caption):
    """Rows of the first table whose caption contains a text: the row's title, and its cells as text."""
    matching = next(
        each for each in re.findall("<table.*?</table>", page, re.DOTALL) if caption in plain(each)
    )
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', matching, re.DOTALL)
    return {
        plain(title): [plain(cell) for cell in re.findall("<td.*?</td>", cells, re.DOTALL)]
        for title, cells in rows
    }


def plain(markup):
    """The text of some markup."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", markup)).replace("\u00a0", " ").split())
