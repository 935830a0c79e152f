"""Charts: round axes with units, gaps where figures are missing, escaped texts, and samples in legends."""

import html
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from weather_mlops.pages import charts
from weather_mlops.pages.charts import Area, Axis, Curve, Look, Range
from weather_mlops.pages.rendering import TEMPLATES

EVIL = '<script>alert("1")</script>\'&\u202e'
HARMLESS = EVIL.replace("\u202e", "\ufffd")
START = datetime(2026, 11, 26, tzinfo=UTC)
HOURS = [START + timedelta(hours=n) for n in range(48)]
LEADS = [1, 2, 3, 4]
OURS = Look("model")
X = charts.by_lead(LEADS, "lead (h)")
Y = charts.vertical([0.0, 3.0], "RMSE (°C)")


class Elements(HTMLParser):
    """The elements of a drawing, and all text in them or in their attributes."""

    def __init__(self, drawing):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(drawing)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.texts += [value for _, value in attrs if value]

    def handle_data(self, data):
        self.texts.append(data)


def lines(values, **options):
    return charts.lines(LEADS, [Curve(values, OURS, "ours")], X, Y, label="errors", **options)


def curve_of(drawing):
    return re.findall(r'd="(M[^"]+)" style="fill:none;stroke:var\(--model\)', drawing)


def texts_of(drawing):
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawing)]


EVIL_AXES = (
    Axis(0, 1, 60, 400, [(0, EVIL)], EVIL),
    Axis(0, 1, 200, 20, [(0, EVIL)], EVIL),
)
HOSTILE = {
    "lines": lambda: charts.lines([0, 1], [Curve([0, 1], OURS)], *EVIL_AXES, label=EVIL, notes=[EVIL, EVIL]),
    "columns": lambda: charts.columns([], [], *EVIL_AXES, label=EVIL),
    "rank_histogram": lambda: charts.rank_histogram(
        [0, 1], [1], *EVIL_AXES, label=EVIL, aim=([0.9], [1.1]), notes=[EVIL]
    ),
    "ranges": lambda: charts.ranges([Range(EVIL, 0, 0.5, 1)], EVIL_AXES[0], "model", label=EVIL),
    "legend": lambda: charts.legend([(EVIL, OURS), (EVIL, Area("band"))]),
    "scale": lambda: charts.scale([EVIL], EVIL),
    "marks": lambda: charts.joined(
        mark(1, 1, "bad", EVIL)
        for mark in (charts.dot, charts.triangle, lambda x, y, _, t: charts.cross(x, y, t))
    ),
    "text": lambda: charts.svg(EVIL, EVIL, height=1),
    "link": lambda: charts.link(EVIL, EVIL, EVIL, label=EVIL),
    "notes": lambda: charts.lines(
        [0, 1],
        [Curve([0, 1], OURS, EVIL)],
        *EVIL_AXES,
        label="",
        notes=charts.notes([EVIL, EVIL], [Curve([0, 1], OURS, EVIL)], EVIL),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_from_outside_stay_texts(name):
    elements = Elements(HOSTILE[name]())

    assert "script" not in elements.tags
    assert any(HARMLESS in text for text in elements.texts)
    assert not any("\u202e" in text for text in elements.texts)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_takes_a_chart_as_it_is(name):
    drawing = HOSTILE[name]()

    assert Environment(autoescape=True).from_string("{{ chart }}").render(chart=drawing) == str(drawing)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([-1.5, 10.9], ["−2.5", "0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
        ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.0, 1000.0], ["0", "200", "400", "600", "800", "1,000"]),
    ],
)
def test_an_axis_has_round_figures(values, labels):
    assert [label for _, label in charts.vertical(values, "°C").ticks] == labels


@given(
    st.lists(st.floats(-1e4, 1e4, allow_nan=False), min_size=2, max_size=5).filter(
        lambda values: max(values) - min(values) > 1e-3
    )
)
def test_each_label_is_the_figure_at_which_it_stands(values):
    for place, label in charts.vertical(values, "°C").ticks:
        assert float(label.replace("−", "-").replace(",", "")) == pytest.approx(place, abs=1e-9)


def test_both_axes_name_their_unit():
    assert {"RMSE (°C)", "lead (h)"} <= set(texts_of(lines([1, 2, 3, 2])))


def test_two_days_have_their_hours_and_dates():
    axis = charts.by_clock(HOURS, "valid time (UTC)")

    assert [label for _, label in axis.ticks] == ["11-26", "06", "12", "18", "11-27", "06", "12", "18"]


def test_the_date_at_the_right_edge_is_not_cut_off():
    axis = charts.by_time(START - timedelta(hours=9), START + timedelta(hours=39), "day")
    drawing = charts.framed(axis, Y, charts.joined([]), label="days")
    edge = max(float(x) for x, _ in re.findall(r'<text class="mid" x="([\d.]+)"[^>]*>(\d\d-\d\d)<', drawing))

    assert axis.ticks[-1][0] == axis.high
    assert edge <= charts.WIDTH - 20  # half of the width of a date


def test_a_missing_figure_leaves_a_gap_in_the_curve():
    assert len(curve_of(lines([1, 2, 3, 2]))) == 1
    drawing = lines([1, 2, None, 2])

    assert len(curve_of(drawing)) == 1
    assert curve_of(drawing)[0].count("L") == 1
    assert drawing.count("<circle") == 1  # the last figure has no neighbour


def test_a_marked_curve_has_a_dot_at_each_figure():
    curve = Curve([1, 2, None, 2], OURS, marked=True)
    drawing = charts.lines(LEADS, [curve], X, Y, label="observed")

    assert drawing.count("h0") == 3


def test_the_pointer_shows_the_figures_of_its_hour():
    curves = [Curve([3, None, None, 1], Look("kma"), "KMA"), Curve([1.26, 2, None, 2], OURS, "ours")]
    notes = charts.notes(["1 h", "2 h", "3 h", "4 h"], curves, "°C", digits=1)

    assert notes == [
        "1 h\nours 1.3\u00a0°C\nKMA 3.0\u00a0°C",
        "2 h\nours 2.0\u00a0°C",
        "",
        "4 h\nours 2.0\u00a0°C\nKMA 1.0\u00a0°C",
    ]
    drawing = charts.lines(LEADS, curves, X, Y, label="errors", notes=notes)
    assert html.unescape(re.findall("<title>(.*?)</title>", drawing, re.DOTALL)[0]) == notes[0]
    assert drawing.count("<title>") == 3


def test_a_range_lies_between_its_ends():
    x = charts.horizontal([-1, 3], "improvement (%)")
    drawing = charts.ranges([Range("RMSE", -1, 1, 3)], x, "champion", label="improvement")
    left, width = map(float, re.findall(r'<rect[^>]* x="([\d.]+)"[^>]* width="([\d.]+)"', drawing)[0])

    assert (left, left + width) == pytest.approx((x.at(-1), x.at(3)), abs=0.1)
    assert "RMSE" in texts_of(drawing)


def test_a_chart_has_a_name_for_screen_readers():
    assert 'role="img"' in lines([1, 2, 3, 2])
    assert 'aria-label="errors"' in lines([1, 2, 3, 2])
    linked = charts.svg(charts.link("forecasts/108", "Seoul", charts.dot(1, 1, "model")), "map", height=9)
    assert 'role="group"' in linked  # its links stay within reach


def test_letters_are_readable_on_a_phone():
    shown = (390 - 2 * 16) / charts.WIDTH
    style = (TEMPLATES / "style.css").read_text()
    sizes = [float(size) for size in re.findall(r"\.plot text \{ font: ([\d.]+)px", style)]

    assert sizes
    assert min(sizes) * shown >= 11


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_figure_has_a_brighter_colour(one, other):
    def light(share):
        return sum(int(charts.colour(share)[n : n + 2], 16) * w for n, w in ((1, 2), (3, 7), (5, 1)))

    low, high = sorted((one, other))
    assert light(low) <= light(high) + 8  # rounding
