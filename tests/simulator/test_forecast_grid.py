"""nph-dfs_shrt_grd of the simulator over HTTP, byte for byte in the form that was observed."""

import re
from datetime import UTC, datetime

import pytest

from simulator.forecast import cells
from tests.simulator.forecast_calls import CELLS, MISSING, is_missing_everywhere, values

pytestmark = pytest.mark.integration

# The cells of stations as the KMA's formula gives them.
STATIONS = {
    "108": (60, 127), "112": (54, 125), "133": (67, 101), "136": (90, 106), "143": (90, 91),
    "146": (63, 89), "156": (59, 75), "159": (97, 74), "184": (53, 38),
}  # fmt: skip


def index(x: int, y: int) -> int:
    return (y - 1) * 149 + x - 1


def at_three(items: list[dict], category: str) -> str:
    """A value of 15:00 KST on 1 July, as a grid writes it."""
    (own,) = [
        item["fcstValue"] for item in items
        if (item["category"], item["fcstDate"][6:], item["fcstTime"]) == (category, "01", "1500")
    ]  # fmt: skip
    return f"{float(own):.2f}"


def test_a_grid_is_written_as_the_observed_one(kma_forecasts):
    answer = kma_forecasts.grid()
    lines = answer.body.decode().split("\n")

    assert (answer.status, answer.content_type) == (200, "text/plain;charset=UTF-8")
    decimal = r"-?\d{1,2}\.\d{2}"
    assert lines.pop() == ""
    assert all(re.fullmatch(rf"(?:{decimal},){{20}}", line) for line in lines[:-1])
    assert re.fullmatch(rf"(?:{decimal},){{16}}{decimal}", lines[-1])
    assert len(lines) == 1885
    assert len(values(answer.body)) == CELLS
    assert 200_000 < len(answer.body) < 400_000


def test_cells_stand_row_by_row_from_the_south_west(kma_forecasts):
    grid = values(kma_forecasts.grid().body)
    for x, y in STATIONS.values():
        assert grid[index(x, y)] == at_three(kma_forecasts.village(nx=str(x), ny=str(y)).items, "TMP")
    assert len({grid[index(*cell)] for cell in STATIONS.values()}) > 3
    # The corners are sea, China and the Pacific.
    assert {grid[0], grid[148], grid[-149], grid[-1]} == {MISSING}
    assert 0.15 < sum(value != MISSING for value in grid) / CELLS < 0.4


def test_stations_stand_in_the_cells_of_the_formula(weather):
    x, y = cells.position(weather.places.latitude, weather.places.longitude)
    own = dict(zip(weather.places.ids.tolist(), zip(x.tolist(), y.tolist(), strict=True), strict=True))

    for station, cell in STATIONS.items():
        assert tuple(round(each) for each in own[int(station)]) == cell
    for latitude, longitude, cell in (
        (37.5665, 126.9780, (60, 127)), (37.1641, 128.9856, (95, 119)), (37.90262, 127.73570, (73, 134)),
    ):  # fmt: skip
        assert tuple(round(float(each)) for each in cells.position(latitude, longitude)) == cell


@pytest.mark.parametrize("category", ["REH", "WSD", "VEC", "SKY", "UUU", "POP", "TMX"])
def test_a_grid_of_any_variable_agrees_with_the_cells(kma_forecasts, category):
    grid = values(kma_forecasts.grid(category=category).body)

    assert grid[index(60, 127)] == at_three(kma_forecasts.village().items, category)


@pytest.mark.parametrize(
    "query",
    [
        {"issue": "2026070110"},  # no hour of an issue
        {"issue": "2026070114"},  # not out yet
        {"issue": "2008103002", "valid": "2008103015"},  # before the first one of the archive
        {"issue": "yesterday"},
        {"valid": "2026070111"},  # the hour of the issue itself
        {"valid": "2026080100"},  # later than it reaches
        {"valid": ""},
        {"category": "TMP,REH"},
        {"category": "tmp"},
        {"category": ""},
        {"category": "TMN"},  # none at 15:00
    ],
)
def test_a_grid_that_does_not_exist_is_missing_everywhere(kma_forecasts, query):
    answer = kma_forecasts.grid(**query)

    assert answer.status == 200
    assert is_missing_everywhere(answer.body)
    assert answer.body.count(b"\n") == 1885


@pytest.mark.parametrize(
    ("issue", "hours", "not_hours"),
    [
        # Hourly to its end until November 2024; since then a day more, in steps of 3 hours.
        ("2024112811", ["2024112812", "2024113023", "2024120100"], ["2024120101", "2024120103"]),
        ("2024112717", ["2024113023", "2024120100"], ["2024120101", "2024120103"]),
        ("2024112814", ["2024120100", "2024120103", "2024120200"], ["2024120101", "2024120203"]),
        ("2024112817", ["2024120200", "2024120203", "2024120300"], ["2024120201", "2024120303"]),
        ("2008103005", ["2008103006", "2008110200"], ["2008110201", "2008110203"]),
    ],
)
def test_old_issues_reach_as_far_as_they_did_then(kma_forecasts, issue, hours, not_hours):
    assert not any(is_missing_everywhere(kma_forecasts.grid(issue, hour).body) for hour in hours)
    assert all(is_missing_everywhere(kma_forecasts.grid(issue, hour).body) for hour in not_hours)


def test_a_grid_exists_after_getvilagefcst_dropped_the_issue(serve_forecasts):
    with serve_forecasts(now=datetime(2026, 7, 5, tzinfo=UTC)) as calls:
        assert calls.village().response["header"]["resultCode"] == "03"
        assert not is_missing_everywhere(calls.grid().body)
