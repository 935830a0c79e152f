"""The forecasts of a model card's section on its worst cases."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument, WorstForecast
from weather_mlops.model.card import plots
from weather_mlops.model.card.cells import behind
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, Plots
from weather_mlops.pages.charts import Area, Curve, legend
from weather_mlops.pages.components import Chart, Text
from weather_mlops.pages.figures import kst, number, to_kst

EVERY: Final = 3
"""Hours between the rows of a table: with all of them, six tables would be a quarter of the page."""


def view(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """The worst forecasts against what was observed."""
    if not e["worst"]:
        return [Text(words("card_no_cases"))]
    names = legend(
        [
            (words("card_observed"), plots.OBSERVED),
            ("p50", plots.MEDIAN),
            (words("card_p10_to_p90"), Area("model-band")),
        ]
    )
    charts = [_case(case, rank, e["unit"], words) for rank, case in enumerate(e["worst"], start=1)]
    return [Plots(charts, names)]


def _case(case: WorstForecast, rank: int, unit: str, words: CardTranslator) -> Chart:
    issued = to_kst(case["issued_at"])
    times = [issued + timedelta(hours=lead) for lead in case["leads"]]
    station = words.station(case["station_id"])
    low, high = Curve(case["p10"], plots.BAND, "p10"), Curve(case["p90"], plots.BAND, "p90")
    curves = [
        Curve(case["p50"], plots.MEDIAN, "p50"),
        Curve(case["observed"], plots.OBSERVED, words("card_observed"), marked=True),
    ]
    title = words("card_case_label", rank=rank, station=station)
    drawing = plots.forecast(times, (low, high), curves, plots.Texts(title, "", unit, unit), words)
    caption = words("card_case_table", rank=rank, station=station, unit=unit)
    hours = range(EVERY - 1, len(times), EVERY)
    clocks = [f"{times[hour]:%m-%d %H:%M}" for hour in hours]
    some = [replace(each, values=[each.values[hour] for hour in hours]) for each in (low, *curves, high)]
    figures = behind(caption, words("card_case_time"), clocks, some, words("card_not_observed"), digits=1)
    return Chart(
        words("card_case", rank=rank, station=station),
        drawing,
        _note(case, times, unit, words),
        figures=figures,
        figures_title=words("card_as_table"),
    )


def _note(case: WorstForecast, times: list[datetime], unit: str, words: CardTranslator) -> str:
    """How far off a forecast was, and when most."""
    pairs = zip(case["p50"], case["observed"], times, strict=True)
    misses = [(p50 - seen, time) for p50, seen, time in pairs if p50 is not None and seen is not None]
    issued_at = case["issued_at"]
    if not misses:
        return words("card_case_silent", at=kst(issued_at))
    miss, time = max(misses, key=lambda pair: abs(pair[0]))
    return words(
        "card_case_note",
        at=kst(issued_at),
        rmse=number(math.sqrt(sum(each**2 for each, _ in misses) / len(misses)), unit, digits=1),
        miss=number(miss, unit, digits=1, signed=True),
        clock=_clock(time, to_kst(issued_at)),
    )


def _clock(time: datetime, issued: datetime) -> str:
    """A time of a forecast; with its date where the forecast has this hour twice."""
    return f"{time:%H:%M}" if time - issued <= timedelta(days=1) else f"{time:%m-%d %H:%M}"
