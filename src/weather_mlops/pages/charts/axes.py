"""Axes: from values to the units of a drawing, with round ticks and a title that names the unit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from weather_mlops.clock import HOUR, HOURS_PER_DAY, KST
from weather_mlops.pages.charts.elements import WIDTH, raw, safe, svg, text

HEIGHT: Final = 250  # units of the drawing, as all of the following
LEFT: Final = 54  # room for the figures of the vertical axis
RIGHT: Final = 14
TOP: Final = 12
NAME: Final = 20  # room for the title of the vertical axis, above it
BOTTOM: Final = 46  # room for the figures and the title of the horizontal axis
TICKS: Final = 5  # approximate number on an axis
HALF_DIGIT: Final = 4.2  # half of the width of a digit
HALF_DAY: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: maps a range of values to a range of the drawing.

    Attributes:
        low: first value of the axis.
        high: last value of the axis.
        start: coordinate of the first value, in units of the drawing.
        end: coordinate of the last value.
        ticks: values to label, and their labels.
        name: title of the axis, with the unit.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: Sequence[tuple[float, str]]
    name: str

    def at(self, value: float) -> float:
        """The coordinate of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def vertical(
    values: Sequence[float | None], name: str, *, span: Sequence[float] = (), height: float = HEIGHT
) -> Axis:
    """A vertical axis with round ticks that covers all values.

    Args:
        values: to be shown.
        name: title of the axis, with the unit; empty where the title of the plot has it.
        span: further values that the axis must cover.
        height: of the whole drawing.
    """
    low, high, ticks = _round_ticks(values, span)
    return Axis(low, high, height - BOTTOM, TOP + (NAME if name else 0), ticks, name)


def horizontal(values: Sequence[float | None], name: str, *, span: Sequence[float] = ()) -> Axis:
    """A horizontal axis with round ticks that covers all values; the arguments are those of ``vertical``."""
    low, high, ticks = _round_ticks(values, span)
    return Axis(low, high, LEFT / 2, WIDTH - LEFT / 2, ticks, name)


def by_lead(leads: Sequence[int], name: str) -> Axis:
    """A horizontal axis of lead times, hours."""
    step = 3 if leads[-1] <= HOURS_PER_DAY else 6
    ticks = [(lead, str(lead)) for lead in leads if lead == leads[0] or lead % step == 0]
    high = leads[-1] if len(leads) > 1 else leads[0] + 1
    return Axis(leads[0], high, LEFT + 4, WIDTH - RIGHT, ticks, name)


def by_hour_of_day(name: str) -> Axis:
    """A horizontal axis of the hours of a day, 0 to 23."""
    ticks = [(hour, str(hour)) for hour in range(0, HOURS_PER_DAY, 3)]
    return Axis(0, HOURS_PER_DAY - 1, LEFT + 4, WIDTH - RIGHT, ticks, name)


def by_share(shares: Sequence[float], name: str) -> Axis:
    """A horizontal axis of shares from 0 to 1, of which those given are labelled, in percent."""
    ticks = [(share, f"{100 * share:g}") for share in shares]
    return Axis(0, 1, LEFT + 4, WIDTH - RIGHT, ticks, name)


def by_time(first: datetime, last: datetime, name: str) -> Axis:
    """A horizontal axis of days (KST), or of hours if it is up to 36 h long; its values are Unix seconds."""
    last = max(last, first + HOUR)
    long = last - first > 3 * HALF_DAY
    step = timedelta(days=max(1, math.ceil((last - first).days / 7))) if long else timedelta(hours=6)
    tick = first.astimezone(KST).replace(minute=0, second=0, microsecond=0, hour=0)
    ticks = []
    while tick <= last:
        if tick >= first:
            ticks.append((tick.timestamp(), f"{tick:%m-%d}" if long else f"{tick:%H:%M}"))
        tick += step
    return Axis(first.timestamp(), last.timestamp(), LEFT + 4, WIDTH - RIGHT, ticks, name)


def by_clock(times: Sequence[datetime], name: str) -> Axis:
    """A horizontal axis of up to three days: each sixth hour, at 0 the date; its values are Unix seconds.

    Args:
        times: ascending, in the zone that the labels show.
        name: title of the axis, with the zone.
    """
    ticks = [
        (time.timestamp(), f"{time:%H}" if time.hour else f"{time:%m-%d}")
        for time in times
        if time.hour % 6 == 0
    ]
    first, last = times[0].timestamp(), max(times[-1], times[0] + HOUR).timestamp()
    return Axis(first, last, LEFT + 4, WIDTH - RIGHT, ticks, name)


def framed(x: Axis, y: Axis, body: str, *, label: str) -> Markup:
    """A plot: the drawing with its axes.

    Args:
        x: horizontal axis, drawn below ``y``.
        y: vertical axis.
        body: the drawing, as markup.
        label: text for screen readers.
    """
    rules = [f"M{x.start:.1f} {y.at(value):.1f}H{x.end:.1f}" for value, _ in y.ticks]
    rules += [f"M{x.at(value):.1f} {y.start:.1f}v4" for value, _ in x.ticks]
    ticks = f'<path class="grid" d="{"".join(rules)}"/>'
    ticks += "".join(text(x.start - 7, y.at(value) + 5, figure, "end") for value, figure in y.ticks)
    ticks += "".join(
        text(_inside(x.at(value), figure), y.start + 19, figure, "mid") for value, figure in x.ticks
    )
    names = text((x.start + x.end) / 2, y.start + 39, x.name, "mid")
    names += text(2, y.end - 13, y.name) if y.name else ""
    return svg(raw(f"{ticks}{safe(body)}{names}"), label, height=y.start + BOTTOM)


def _round_ticks(
    values: Sequence[float | None], span: Sequence[float]
) -> tuple[float, float, list[tuple[float, str]]]:
    """First and last value of an axis that covers all values, and its ticks."""
    known = [*(value for value in values if value is not None), *span] or [0.0, 1.0]
    low, high = min(known), max(known)
    step = _step((high - low) or 1.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    digits = len(f"{step:.9f}".rstrip("0").partition(".")[2])
    ticks = [(n * step, f"{n * step:z,.{digits}f}".replace("-", "−")) for n in range(first, last + 1)]
    return first * step, last * step, ticks


def _inside(x: float, figure: str) -> float:
    """The ``x`` of a centred figure, moved so that it isn't cut off at the right edge."""
    return min(x, WIDTH - HALF_DIGIT * len(figure))


def _step(span: float) -> float:
    """A round step that divides a span into about TICKS parts."""
    rough = span / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
