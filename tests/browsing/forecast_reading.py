"""What tests read of the forecast pages."""

import json

from tests.browsing.forecast_world import TARGET
from tests.pages.reading import ENGLISH, Page
from weather_mlops.browsing.forecasts import site

EVIL = '<script>alert("1")</script>\'&'
TURNED = "\u202e"  # it would turn the text after it around


class Outline(Page):
    """A page, and the attributes of its elements."""

    def __init__(self, html):
        self.elements = []
        super().__init__(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        super().handle_starttag(tag, attrs)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        super().handle_startendtag(tag, attrs)

    def of(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def points(self):
        """Names of the points of all maps."""
        return [link["aria-label"] for link in self.of("a") if "aria-label" in link]

    def strokes(self, paint):
        """The lines of a colour."""
        return [each for each in self.of("path") if f"stroke:var(--{paint})" in each.get("style", "")]


def body(document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def overview_page(document, ahead=None, target=TARGET, visit=ENGLISH):
    return Outline(site.overview(body(document), target, ahead, visit, old=False))


def station_page(document, number="108", *, target=TARGET, old=False, visit=ENGLISH):
    return Outline(site.station(body(document), target, number, visit, old=old))


def station_of(document, number="108"):
    return document["targets"][TARGET]["stations"][number]


def shown(value):
    return f"{value:.1f}".replace("-", "−")
