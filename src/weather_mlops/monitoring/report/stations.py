"""The stations: a map of problems, a table of completeness, and the bias of sensors against neighbours."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from markupsafe import Markup

from weather_mlops.monitoring.checks import Check, Section, Status
from weather_mlops.monitoring.figures import WINDOWS
from weather_mlops.monitoring.figures.data import WatchedStation
from weather_mlops.monitoring.report.check_tables import gap
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import charts
from weather_mlops.pages.charts import WIDTH, Axis, korea
from weather_mlops.pages.charts.points import land
from weather_mlops.pages.components import Chart, Part, Table, TableCell, TableColumn, TableRow, share_bar
from weather_mlops.pages.figures import number, percent
from weather_mlops.pages.messages import Translation
from weather_mlops.variables import BY_NAME

Stations = Sequence[WatchedStation]
SensorOfStation = tuple[float, WatchedStation, float]
"""Its bias in % of the limit, the station, and its bias."""

SILENT: Final = "station_silent"
ROWS_OPEN: Final = 10
FURTHEST: Final = 20
"""Sensors in the table behind the plot of biases."""
NAMED: Final = 8
"""Stations that the map names at most: more names would overlap, and the table has them all."""
BORDER: Final = 24  # units of the drawing
LINE: Final = 16  # units of the drawing between two names
LETTER: Final = {"en": 8, "ko": 14}  # units that a letter is wide, at most
ASIDE: Final = 9  # units between a mark and its name
ROW: Final = 34  # units of the drawing for a variable
CLIPPED: Final = 200.0
"""% of its limit: a greater bias is drawn at the edge."""


def where(stations: Stations, checks: Iterable[Check], words: Translator) -> Chart:
    """A map: dots, triangles for stations with a problem, crosses for silent ones."""
    problems = by_station(checks)
    order = sorted(stations, key=lambda row: len(problems.get(str(row["id"]), ())))
    points = {row["id"]: korea.at((row["latitude"], row["longitude"])) for row in order}
    marks = charts.joined(
        _mark(*points[row["id"]], row, problems.get(str(row["id"]), []), words) for row in order
    )
    wrong = [row for row in reversed(order) if problems.get(str(row["id"]))]
    names = _names([(*points[row["id"]], row) for row in wrong], words)
    silent = sum(any(check.name == SILENT for check in breaches) for breaches in problems.values())
    label = words("data_map_label", n=len(problems), silent=silent)
    return Chart(
        words("data_map_title"),
        charts.svg(land() + marks + names, label, height=korea.HEIGHT, width=korea.WIDTH, kind="plot sea"),
        f"{words('data_map_note')} {label}.",
    )


def listed(stations: Stations, checks: Iterable[Check], words: Translator) -> Table:
    """The table of all stations, the worst first."""
    problems = by_station(checks)

    def badness(row: WatchedStation) -> tuple[float, ...]:
        complete = [share or 0.0 for share in _completeness(row)]
        return (-len(problems.get(str(row["id"]), ())), *complete, row["id"])

    rows = [TableRow(_title(row, problems, words), _cells(row)) for row in sorted(stations, key=badness)]
    names = ["station", *(f"window_{name}" for name in WINDOWS), "silent_hours", "quarantined", "open_gaps"]
    return Table(
        words("data_stations_caption"),
        [words(f"data_{name}") for name in names],
        rows,
        words("report_dash"),
        ROWS_OPEN,
        words("data_other_stations", n=len(rows) - ROWS_OPEN),
    )


def neighbour_bias(stations: Stations, section: Section, words: Translator) -> Part:
    """A plot of the bias of each sensor in percent of its limit, a row for each variable."""
    biases: dict[str, list[SensorOfStation]] = {}
    for row in stations:
        for name, known in (row.get("bias") or {}).items():
            bias = known or {}
            value, excess, limit = bias.get("value"), bias.get("excess"), bias.get("limit")
            if value is not None and excess is not None and limit:
                share = math.copysign(100 * excess / limit, value)
                biases.setdefault(name, []).append((share, row, value))
    if not biases:
        return gap(section, "stations.bias", words("data_bias"), words)
    ticks = [(value, f"{value:+g}".replace("-", "−")) for value in (-200, -100, 0, 100, 200)]
    x = Axis(-CLIPPED, CLIPPED, BORDER, WIDTH - BORDER, ticks, words("data_bias_axis"))
    y = Axis(0, len(biases), 8, 8 + 2 * ROW * len(biases), (), "")
    body = charts.joined(
        _row(name, sensors, x, y.at(n), words) for n, (name, sensors) in enumerate(biases.items())
    )
    under, title = Axis(0, 1, y.end, y.start, (), ""), words("data_bias_title")
    return Chart(
        title,
        charts.framed(x, under, body, label=title),
        words("data_bias_note"),
        figures=_furthest(biases, words),
        figures_title=words("data_bias_figures_title", n=FURTHEST),
    )


def _furthest(biases: Mapping[str, Sequence[SensorOfStation]], words: Translator) -> Table:
    """The sensors that stand out most."""
    ranked = sorted(
        ((*sensor, name) for name, sensors in biases.items() for sensor in sensors),
        key=lambda sensor: -abs(sensor[0]),
    )
    rows = [
        TableRow(
            _named(row, words),
            [
                TableCell(words.variable(name), "name"),
                figure(value, _unit(name), signed=True),
                percent(share / 100, signed=True),
            ],
        )
        for share, row, value, name in ranked[:FURTHEST]
    ]
    columns: list[TableColumn | str] = [
        words("data_station"),
        TableColumn(words("data_variable"), "name"),
        words("data_bias_value"),
        words("data_bias_axis"),
    ]
    return Table(words("data_bias_figures"), columns, rows)


def by_station(checks: Iterable[Check]) -> dict[str, list[Check]]:
    """Checks in breach by the id of the station that they are about."""
    problems: dict[str, list[Check]] = {}
    for check in checks:
        station = check.subject.split(":")[0]
        if check.status is Status.BREACH and station.isdecimal():
            problems.setdefault(station, []).append(check)
    return problems


def _row(
    name: str,
    sensors: Sequence[SensorOfStation],
    x: Axis,
    top: float,
    words: Translator,
) -> Markup:
    body, taken = charts.text(BORDER, top + 14, words.variable(name)), -CLIPPED
    for limit in (-100.0, 100.0):
        body += charts.rule(x.at(limit), top + ROW - 6, x.at(limit), top + ROW + 22, "level")
    for share, row, value in sorted(sensors, key=lambda sensor: sensor[0]):
        position, unit = x.at(max(-CLIPPED, min(CLIPPED, share))), _unit(name)
        title = f"{_named(row, words)}: {figure(value, unit, signed=True)}"
        if abs(share) <= 100:  # noqa: PLR2004  percent
            body += charts.dot(position, top + ROW + 8, "model", title, opacity=0.35)
            continue
        body += charts.triangle(position, top + ROW + 8, "bad", title)
        if position - taken > 40:  # noqa: PLR2004  units: the width of a station id
            taken = position
            body += charts.text(position, top + ROW - 4, str(row["id"]), "mid")
    return body


def _unit(name: str) -> str:
    return BY_NAME[name].unit if name in BY_NAME else ""


def _mark(x: float, y: float, row: WatchedStation, breaches: Sequence[Check], words: Translator) -> Markup:
    labels = [words.check(check.name) for check in breaches]
    title = ": ".join(
        [_named(row, words), ", ".join(dict.fromkeys(labels))] if labels else [_named(row, words)]
    )
    if any(check.name == SILENT for check in breaches):
        return charts.cross(x, y, title)
    return charts.triangle(x, y, "bad", title) if breaches else charts.dot(x, y, "model", title)


def _names(marks: Sequence[tuple[float, float, WatchedStation]], words: Translator) -> Markup:
    """Names next to the marks, towards the middle; a name that would cover another one is left out."""
    names, taken = list[Markup](), list[tuple[float, float, float]]()
    for x, y, row in marks:
        name = words.of(Translation(row["english"], row["korean"]))
        width, end = len(name) * LETTER[words.name], x > WIDTH / 2
        left = x - ASIDE - width if end else x + ASIDE
        if len(taken) == NAMED or any(
            abs(y - above) < LINE and left < right and start < left + width for start, right, above in taken
        ):
            continue
        taken.append((left, left + width, y))
        names.append(charts.text(x + (-ASIDE if end else ASIDE), y + 5, name, "end" if end else ""))
    return charts.joined(names)


def _named(row: WatchedStation, words: Translator) -> str:
    return words.station(row["id"], row["english"], row["korean"])


def _title(row: WatchedStation, problems: Mapping[str, Sequence[Check]], words: Translator) -> TableCell:
    return TableCell(_named(row, words), sign=Status.BREACH if problems.get(str(row["id"])) else "")


def _completeness(row: WatchedStation) -> list[float | None]:
    shares = row.get("completeness") or {}
    return [shares.get(name) for name in WINDOWS]


def _cells(row: WatchedStation) -> list[TableCell | str]:
    return [
        *(share_bar(share) for share in _completeness(row)),
        number(row.get("silent_hours"), "h", digits=0),
        number(row.get("quarantined_30d"), digits=0),
        number(row.get("open_gaps"), digits=0),
    ]
