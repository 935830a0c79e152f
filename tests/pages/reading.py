"""What a test reads of a page: its text, its links, and whether the markup closes what it opens."""

from html.parser import HTMLParser

from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit

VOID = {"meta", "br", "wbr", "hr", "img", "input", "link"}
ENGLISH = Visit(Language("en"), "", "?language=ko")
KOREAN = Visit(Language("ko"), "", "?language=en")


class Page(HTMLParser):
    """A page as a reader sees it.

    Attributes:
        text: all words, with single spaces.
        links: addresses by their text.
        addresses: of all links, also of those in drawings.
        tags: names of all elements.
        ids: of elements.
    """

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.links, self.addresses = [], [], {}, []
        self._open, self._words, self._href, self._of_link = [], [], None, []
        self.feed(html)
        assert not self._open, f"not closed: {self._open}"
        self.text = _spaced("".join(self._words))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self._href, self._of_link = values.get("href"), []
            self.addresses.append(self._href)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag == "a":
            self.links[_spaced("".join(self._of_link))] = self._href
        if tag in {"td", "th", "p", "dd", "dt", "li", "h1", "h2", "h3", "div", "text", "title", "caption"}:
            self._words.append(" ")

    def handle_data(self, data):
        if "style" not in self._open:
            self._words.append(data)
            self._of_link.append(data)


def _spaced(text):
    return " ".join(text.replace("\u00a0", " ").split())
