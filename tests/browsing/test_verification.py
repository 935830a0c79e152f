"""The page of verification: the answer, by lead, hour, station, its first states, and hostile documents."""

import re
from copy import deepcopy
from datetime import timedelta

import pyarrow.compute as pc
import pytest

from tests.browsing import made
from tests.browsing import verification_world as world
from tests.browsing.memory import Memory
from tests.lake.conftest import access, catalog, connect_catalog, server, store  # noqa: F401  fixtures
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing.verification.page import QUERY, Selection, read, render
from weather_mlops.documents.verification_windows import KEY
from weather_mlops.lake import verification
from weather_mlops.lake.query import connect
from weather_mlops.pages.messages import verification as messages

NOW = made.NOW
MONTH = world.document()
HANGUL = re.compile("[가-힣]")


def page(document=MONTH, selection=Selection(), visit=ENGLISH, now=NOW) -> Page:  # noqa: B008  it is frozen
    return Page(render(document, selection, visit, now))


def html(document=MONTH, **selected) -> str:
    return render(document, Selection(**selected), ENGLISH, NOW)


def of(*, days=3, **given):
    return world.document(world.rows(days, stations=(90, 108), **given))


def window(document, days="30"):
    return document["targets"]["air_temperature"]["windows"][days]


def changed(**errors):
    """The document with other figures of ours and the KMA's: rmse by (forecast, lead)."""
    document = of()
    for name, rmse in errors.items():
        forecast, _, lead = name.rpartition("_")
        leads = window(document)["leads"]
        leads[lead] = {**leads[lead], forecast: {**leads[lead][forecast], "rmse": rmse}}
    return document


def test_the_answer_counts_the_leads_where_ours_was_closer():
    shown = page(changed(ours_24=1.42, kma_forecast_24=1.58, ours_30=9.0, ours_31=9.0))

    assert (
        "In the last 30 days ours was closer than the KMA's at 46 of 48 leads. "
        "RMSE 24 h ahead: 1.42 °C against the KMA's 1.58 °C."
    ) in shown.text
    assert "Ours was closer than the KMA's at 2 of 2 stations." in shown.text


def test_figures_by_lead_hour_station_and_extreme_are_tables():
    shown = page()

    for text in (
        "48 h ahead",
        "23:00",
        "Seoul",
        "RMSE persistence (°C)",
        "ours closer by (°C)",
        "2026-10-28 to 2026-11-26, days with figures: 30.",
        "3,352,320 forecasts of 97 stations",
        "maximum",
        "minimum",
        "80 % interval",
    ):
        assert text in shown.text
    assert shown.tags.count("svg") >= 4
    assert shown.links["Seoul"] == "forecasts/air_temperature/108"


def test_each_window_is_a_link_with_its_own_days():
    shown = page(selection=Selection(7, "station"))

    assert shown.links["last 365 days"] == "verification?days=365&by=station"
    assert "2026-11-20 to 2026-11-26" in shown.text
    assert "In the last 7 days" in shown.text


def stations(by: str) -> list[str]:
    table = html(by=by).partition('id="stations"')[2]
    return re.findall(r'air_temperature/\d+">([^<]+)</a>', table)


def test_stations_are_sorted_by_what_the_reader_chose():
    rows = window(MONTH)["stations"]
    names = {str(station.id): station.english for station in world.load_stations()}

    def gain(member):
        return rows[member]["kma_forecast"]["rmse"] - rows[member]["ours"]["rmse"]

    assert stations("station") == sorted(names.values())
    assert stations("gain")[0] == names[max(rows, key=gain)]
    assert stations("ours")[-1] == names[max(rows, key=lambda member: rows[member]["ours"]["rmse"])]
    assert page().links["station"] == "verification?days=30&by=station#stations"


def test_a_station_without_a_figure_comes_last():
    document = of()
    rows = window(document)["stations"]
    rows["90"] = {"ours": rows["90"]["ours"]}
    names = re.findall(
        r'air_temperature/(\d+)">', html(document, by="kma_forecast").partition('id="stations"')[2]
    )

    assert names == ["108", "90"]


def test_persistence_far_above_is_cut_and_stays_in_the_table():
    shown = page()

    assert "Persistence is above the axis where it isn't drawn" in shown.text
    assert "persistence 3.82 °C" in shown.text  # where the pointer is
    assert "Persistence is above" not in page(of(forecasts=["ours", "persistence"], compared="own")).text


def test_a_korean_reader_gets_a_korean_page():
    shown = page(visit=KOREAN)

    assert (
        "최근 30일 동안 우리 예보는 선행시간 48개 가운데 48개에서 기상청 예보보다 관측에 가까웠습니다."
        in shown.text
    )
    for text in ("서울", "지속성 예보", "선행시간별 RMSE", "일 최고·최저기온", "24시간 후"):
        assert text in shown.text
    own = {each.en for each in messages.VERIFICATION.values() if " " in each.en and "{" not in each.en}
    assert not [text for text in own if text in shown.text]
    assert not HANGUL.search(page().text.replace("한국어", ""))


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (None, "Nothing was verified yet. Each hour, every forecast that has come true"),
        ({"made_at": NOW.isoformat(), "targets": {}}, "Ours needs a deployed model"),
        (of(forecasts=["kma_forecast"], compared="own"), "There is no forecast of ours in this period"),
        (of(forecasts=["ours", "persistence"], compared="own"), "closer than persistence at 48 of 48 leads"),
        (of(forecasts=["ours", "kma_forecast"], compared="own"), "so that the figures do not compare"),
        (of(days=1, leads=range(1, 9)), "forecasts up to 8 h ahead have come true; longer ones follow"),
    ],
)
def test_a_first_state_says_what_happens_and_when(document, text):
    shown = page(document)

    assert text in shown.text
    assert not shown.text.count("None")


def test_forecasts_on_rows_of_their_own_are_not_compared():
    shown = page(of(forecasts=["ours", "kma_forecast"], compared="own"))

    assert "closer" not in shown.text
    assert "RMSE of all leads: KMA" in shown.text


def test_days_without_persistence_are_named_with_the_command():
    table = world.rows(3, stations=(90, 108))
    is_old = pc.and_(
        pc.equal(table["forecast"], "persistence"), pc.less(table["day"], world.LAST - timedelta(days=1))
    )
    shown = page(world.document(table.filter(pc.invert(is_old))))

    assert "Persistence is left out: 1 days of this period" in shown.text
    assert "make verify FROM=2026-10-28 TO=2026-11-26" in shown.text
    assert "RMSE persistence" not in shown.text


def test_a_window_without_figures_says_so_and_leads_to_others():
    document = of()
    document["targets"]["air_temperature"]["windows"] = {"365": window(document)}
    shown = page(document)

    assert "No day of this period has figures." in shown.text
    assert "last 365 days" in shown.links


def test_extremes_come_after_the_first_whole_day():
    document = of()
    for name in ("maximum", "minimum"):
        window(document)[name] = {"overall": {}, "stations": {}}

    assert "No day was forecast and observed whole yet" in page(document).text


def test_figures_that_are_not_computed_any_more_are_marked():
    assert "should compute them every hour" in page(now=NOW + timedelta(hours=4)).text
    assert "should compute them every hour" not in page(now=NOW + timedelta(hours=2)).text


@pytest.mark.parametrize(
    ("target", "days", "by"), [("dew_point", "", ""), ("", "8", ""), ("", "", "x"), ("", "٣٠", "")]
)
def test_what_was_never_verified_is_no_page(target, days, by):
    with pytest.raises(LookupError):
        Selection.requested(target, days, by)


def test_hostile_texts_stay_texts_and_damage_is_named():
    evil = deepcopy(of())
    evil["targets"]["air_temperature"]["unit"] = f"{made.EVIL}\u202e<script>"
    evil["targets"]["air_temperature"]["windows"]["30"]["stations"]["77777"] = {}
    shown = render(evil, Selection(), ENGLISH, NOW)
    damaged = page(read(Memory({KEY: b'{"made_at": 1, "targets": {}}'})))

    assert "<img" not in shown
    assert "<script" not in shown
    assert "\u202e" not in shown
    assert f"{KEY}: damaged" in damaged.text
    assert read(Memory()) is None


@pytest.mark.integration
def test_the_command_on_the_page_shows_the_rows(catalog, access):  # noqa: F811  the fixtures
    verification.publish(catalog, world.rows(2, stations=(90, 108)), run="one", now=NOW)
    shown = Page(html(of(days=2))).text
    command = QUERY.format(compared="common", first="2026-10-28", last="2026-11-26")

    assert " ".join(command.split()) in shown
    rows = connect(catalog, access).sql(command.split('"')[1].replace("\\\n", "")).fetchall()
    assert len(rows) == 2 * 3 * 48
