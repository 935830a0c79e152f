"""An issue of getVilageFcst: from its pages to rows, and what is refused as a whole."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.kma_village import ISSUE, SEOUL, answer, item, joined, parsed, read, request, table, values
from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import FormatChanged, NothingYet, ResponseMismatch, ResponseTruncated
from weather_mlops.kma.forecast import village
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.issues import valid_times

GOLDEN = Path(__file__).parent / "golden"
QUARTER = timedelta(minutes=15)
ISSUES = {
    # issue, cell, station, source; items of all pages, with a value, and of UUU, VVV and WAV
    "winter": (datetime(2024, 12, 20, 8, tzinfo=UTC), Cell(73, 134), 101, "api_hub", (110, 83, 27)),
    "summer": (datetime(2025, 7, 7, 20, tzinfo=UTC), Cell(53, 38), 184, "data_go_kr", (50, 38, 12)),
}
HOURLY = ("TMP", "UUU", "VVV", "VEC", "WSD", "SKY", "PTY", "POP", "WAV", "PCP", "REH", "SNO")
# Of the issue of 17:00: hourly to the end of the third day after, every third hour of the fourth.
LEADS = (*range(1, 80), *range(82, 104, 3))


def whole_issue():
    return [item(category, "1", lead) for lead in LEADS for category in HOURLY]


@pytest.mark.parametrize("name", ISSUES)
def test_an_issue_gives_the_rows_that_were_written_by_hand(name):
    issued_at, cell, station, source, counts = ISSUES[name]
    bodies = [path.read_bytes() for path in sorted(GOLDEN.glob(f"village_{name}_page*.json"))]
    pages = [village.read_page(body, request()) for body in bodies]
    forecast = village.parse(pages, request(), issued_at=issued_at, cell=cell)
    rows = [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in forecast.rows([station], source, issued_at + QUARTER).to_pylist()
    ]
    read = [{name: value for name, value in row.items() if value is not None} for row in rows]

    assert read == json.loads((GOLDEN / f"village_{name}.rows.json").read_text("utf-8"))
    assert (forecast.items, forecast.used, forecast.left_out) == counts
    assert (forecast.missing, forecast.duplicates, forecast.rejected) == (0, 0, [])


def test_stations_that_share_a_cell_get_the_same_values():
    forecast = parsed([item(), item(lead=2), item("PCP", "1mm 미만")])
    rows = forecast.rows([119, 108], "api_hub", ISSUE)

    assert rows["station_id"].to_pylist() == [108, 108, 119, 119]
    seoul, other = (rows.slice(at, 2).drop_columns(["station_id"]) for at in (0, 2))
    assert seoul == other


def test_a_whole_issue_has_the_hours_that_are_expected_of_it():
    items = whole_issue()
    first = read(answer(items[:1000], len(items)))
    forecast = parsed(items[:1000], items[1000:])

    assert (len(items), first.page_count) == (1044, 2)
    assert forecast.valid_times == valid_times(ISSUE) == [ISSUE + lead * HOUR for lead in LEADS]
    assert table(forecast)["lead_hours"].to_pylist() == list(LEADS)


@pytest.mark.parametrize(("total", "pages"), [(1, 1), (999, 1), (1000, 1), (1001, 2), ("2000", 2), (2001, 3)])
def test_the_total_gives_the_number_of_pages(total, pages):
    assert read(answer([item()], total)).page_count == pages


def test_the_daily_extremes_are_on_the_rows_of_their_hours():
    # 06:00 and 15:00 KST of the next day; no other variable at 06:00.
    forecast = parsed([item("TMN", "-8.0", 13), item("TMX", "3.0", 22), item("TMP", "3", 22)])

    assert values(forecast) == [
        {"valid_at": datetime(2024, 12, 1, 21, tzinfo=UTC), "air_temperature_min_c": -8.0},
        {
            "valid_at": datetime(2024, 12, 2, 6, tzinfo=UTC),
            "air_temperature_c": 3.0,
            "air_temperature_max_c": 3.0,
        },
    ]


def test_an_old_temperature_of_every_third_hour_is_a_temperature():
    assert values(parsed([item("T3H", "5")])) == [
        {"valid_at": ISSUE + HOUR, "air_temperature_c": 5.0},
    ]


def test_the_end_of_a_day_is_the_beginning_of_the_next():
    last = item(value="1", fcstDate="20241201", fcstTime="2400")
    new_year = item(value="2", fcstDate="20241231", fcstTime="2400")
    rows = values(parsed([last, new_year]))

    assert [row["valid_at"] for row in rows] == [
        datetime(2024, 12, 1, 15, tzinfo=UTC), datetime(2024, 12, 31, 15, tzinfo=UTC),
    ]  # fmt: skip


def test_a_single_item_may_stand_without_a_list():
    assert table(joined(read(answer({"item": item()})))) == table(parsed([item()]))


@pytest.mark.parametrize("items", ["", None, {}, [], {"item": ""}, {"item": None}], ids=repr)
def test_an_issue_without_items_is_not_out_yet(items):
    with pytest.raises(NothingYet, match="no items"):
        read(answer(items, 0))


@pytest.mark.parametrize("items", ["", None, []], ids=repr)
def test_a_page_without_items_ends_the_requests_for_more(items):
    with pytest.raises(ResponseTruncated, match="no items on this page, though there are 999999"):
        read(answer(items, 999_999))


@pytest.mark.parametrize(
    "body",
    [
        answer("items", 1),
        answer(7, 1),
        answer([item()], ""),
        answer([item()], "many"),
        answer([item()], -1),
        answer([item()], 1.5),
        answer([item()], total=True),
        b'{"response":{"header":{"resultCode":"00"},"body":[]}}',
        b'{"response":{"header":{"resultCode":"00"}}}',
    ],
)
def test_another_form_of_the_answer_is_named(body):
    with pytest.raises(FormatChanged, match=r"no list of items, or no totalCount|no response\.body"):
        read(body)


def test_an_answer_that_nests_too_deep_is_requested_again():
    body = answer(None, 1).replace(b"null", b"[" * 100_000)

    with pytest.raises(ResponseTruncated, match="breaks off or is damaged"):
        read(body)


@pytest.mark.parametrize("totals", [(4, 3), (4, 5)], ids=["shrinks", "grows"])
def test_an_issue_that_changes_between_pages_is_fetched_again(totals):
    halves = [item(lead=1), item(lead=2)], [item(lead=3), item(lead=4)]
    pages = [read(answer(half, total)) for half, total in zip(halves, totals, strict=True)]

    with pytest.raises(ResponseTruncated, match=rf"count {totals[0]} and {totals[1]} items.*Request all"):
        joined(*pages)


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_that_lost_or_gained_items_is_fetched_again(count):
    page = read(answer([item(lead=lead + 1) for lead in range(count)], 2))

    with pytest.raises(ResponseTruncated, match=f"{count} items in 1 pages instead of 2"):
        joined(page)


@pytest.mark.parametrize(
    "again",
    [item(lead=2), item(lead=2, value="6"), item("T3H", lead=2), item(" TMP ", lead=2)],
    ids=["equal", "another value", "another name", "blanks"],
)
def test_an_item_on_two_pages_has_the_issue_fetched_again(again):
    with pytest.raises(ResponseTruncated, match=r"1 items stand on two pages, the first is \('TMP', '2024"):
        parsed([item(), item(lead=2)], [again, item(lead=3)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("baseDate", "20241130"),
        ("baseTime", "1400"),
        ("baseTime", ""),
        ("nx", 61),
        ("nx", "6"),
        ("nx", 600),
        ("ny", "126"),
        ("ny", None),
    ],
)
@pytest.mark.parametrize("category", ["TMP", "WAV"])
def test_an_item_of_another_issue_or_cell_refuses_the_answer(category, name, value):
    expected = {"baseDate": "20241201", "baseTime": "1700", "nx": "60", "ny": "127"}[name]

    with pytest.raises(ResponseMismatch, match=f"an item has {name} '{value}' instead of {expected}"):
        parsed([item(), item(category, lead=2, **{name: value})])


def test_an_issue_is_recognized_in_any_time_zone():
    seoul = village.parse([read(answer([item()]))], request(), issued_at=ISSUE.astimezone(KST), cell=SEOUL)

    assert asdict(seoul) == asdict(parsed([item()]))
    assert seoul.issued_at.tzinfo is UTC
