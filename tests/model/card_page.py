"""What a test reads of a model card."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "wbr"}
NOT_A_FIGURE = re.compile(r"\b(nan|none|null|inf)\b", re.IGNORECASE)


class Page(HTMLParser):
    """What a reader sees, and whether the markup closes what it opens."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.ids, self.words = [], [], [], []
        self.feed(html)
        self.text = " ".join("".join(self.words).replace("\u00a0", " ").split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
            if self.open and self.open[-1] in {"td", "th", "p", "dd", "dt", "li", "text"}:
                self.words.append(" ")


def without_style(html):
    """Without the places where "none" is a value of CSS."""
    return re.sub(r'<style.*?</style>|style="[^"]*"', "", html, flags=re.DOTALL)
