"""What answers that nobody documents cost a run, and what a rebuild makes of them."""

import pytest

from tests.kma_village import HUB, ISSUE, RECEIVED, SEOUL, answer, item, request
from weather_mlops.errors import ResponseTruncated
from weather_mlops.ingest.kma_forecast.fetch import FETCHES, ForecastSources
from weather_mlops.ingest.kma_forecast.replay import issue_of_raw
from weather_mlops.kma.client import Response
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.endpoints import API_HUB
from weather_mlops.lake.kma_forecast_raw import ReceivedPage, put_issue

BUSAN = Cell(97, 74)


class Answering:
    """A client that has an answer for each page."""

    provider, base_url = API_HUB, HUB

    def __init__(self, *bodies):
        self.bodies, self.pages = bodies, []

    def ask(self, request):
        self.pages.append(int(request.params["pageNo"]))
        body = self.bodies[min(self.pages[-1], len(self.bodies)) - 1]
        return Response(request.endpoint, request.params, request.shown, 200, RECEIVED, body)


class Memory(dict):
    """A bucket in memory."""

    def put(self, key, body, _kind=""):
        self[key] = body

    def exists(self, key):
        return key in self

    def get(self, key, *_):
        return self[key]

    def where(self, key):
        return key


def test_all_pages_of_an_issue_are_requested_once():
    items = [item("TMP", str(n % 40), n) for n in range(1001)]
    client = Answering(answer(items[:1000], 1001), answer(items[1000:], 1001))
    fetched = ForecastSources.of([client]).fetch(ISSUE, SEOUL)

    assert (client.pages, fetched.forecast.used) == ([1, 2], 1001)


def test_a_damaged_total_costs_a_few_calls():
    client = Answering(answer([item()], 999_999), answer("", 999_999))

    with pytest.raises(ResponseTruncated, match="no items on this page"):
        ForecastSources.of([client]).fetch(ISSUE, SEOUL)
    assert client.pages == [1, 2] * FETCHES


def test_an_answer_without_items_is_left_out_of_a_rebuild():
    empty, whole = (
        ReceivedPage(
            API_HUB,
            cell,
            fetch,
            Response("getVilageFcst", request().params, request().shown, 200, RECEIVED, body),
        )
        for cell, fetch, body in ((BUSAN, 1, answer("", 0)), (SEOUL, 2, answer([item()])))
    )
    store = Memory()
    key = put_issue(store, ISSUE, [empty, whole], {BUSAN: (159,), SEOUL: (108,)}, 1)

    assert issue_of_raw(store, key).rows["station_id"].to_pylist() == [108]
