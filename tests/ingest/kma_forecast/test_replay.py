"""What raw has of an issue becomes the rows, and the unreadable items, that the run had."""

import json
from datetime import timedelta

from tests.ingest.kma_forecast.conftest import ISSUE, OUT
from tests.lake.test_kma_forecast_raw import Memory
from weather_mlops.ingest.kma_forecast.replay import issue_of_raw
from weather_mlops.kma.client import Response
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.endpoints import API_HUB, village_request
from weather_mlops.lake.kma_forecast_raw import ReceivedPage, put_issue

SEOUL, CELL, HOUR = 108, Cell(60, 127), timedelta(hours=1)


def test_an_unreadable_item_of_an_issue_is_rejected_again():
    items = [
        {
            "baseDate": "20261201", "baseTime": "0200", "category": "TMP", "fcstDate": "20261201",
            "fcstTime": time, "fcstValue": value, "nx": CELL.x, "ny": CELL.y,
        }
        for time, value in (("0300", "4"), ("0400", "cold"))
    ]  # fmt: skip
    content = {"items": {"item": items}, "totalCount": len(items)}
    body = json.dumps({"response": {"header": {"resultCode": "00"}, "body": content}}).encode()
    request = village_request(API_HUB, "https://kma.example/api/typ01/url", issued_at=ISSUE, cell=CELL)
    response = Response("getVilageFcst", request.params, request.shown, 200, ISSUE + OUT, body)
    store = Memory()
    key = put_issue(store, ISSUE, [ReceivedPage(API_HUB, CELL, 1, response)], {CELL: (SEOUL,)}, 1)

    replayed = issue_of_raw(store, key)
    assert [(row["valid_at"], row["air_temperature_c"]) for row in replayed.rows.to_pylist()] == [
        (ISSUE + HOUR, 4.0)
    ]
    (rejected,) = replayed.rejected.to_pylist()
    assert (rejected["issued_at"], rejected["cell"], rejected["raw_key"]) == (ISSUE, "60_127", key)
    assert "cold" in rejected["reason"]
    assert "not a number" in rejected["reason"]
    assert replayed.between(ISSUE - HOUR, ISSUE).rejected.num_rows == 0
