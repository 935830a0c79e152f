"""The model card's section on the champion: on all common rows, and by what the new model was made from."""

from typing import Final

from weather_mlops.documents.evaluation import ChampionScores, EvaluationDocument, PairedScores
from weather_mlops.lake.schemas import OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model.card import plots
from weather_mlops.model.card.summary import sampled
from weather_mlops.pages.charts import Range
from weather_mlops.pages.markup import cell, escape, figure, number, percent, table

KINDS: Final = {
    WITH_KMA_FORECAST: "observations and the KMA's forecast",
    OBSERVATIONS_ONLY: "observations only",
}


def section(e: EvaluationDocument) -> str:
    """The comparison, or the reason why there is none."""
    rival = e["champion"]
    if rival is None:
        return "<p>There is no champion to compare with.</p>"
    gain, low, high, certainty = rival["improvement"], rival["low"], rival["high"], rival["certainty"]
    if gain is None or low is None or high is None or certainty is None:
        return f"<p>No station and hour can be compared with {escape(rival['version'])}.</p>"
    words = (
        f"<p>Against {escape(rival['version'])} over {number(rival['days'], 'days', digits=0)} RMSE is "
        f"{sampled(gain, low, high, certainty)}</p>"
    )
    if low <= 0 <= high:
        words += "<p>The range includes zero: that the two are equally good is not excluded.</p>"
    rows = [Range("RMSE", 100 * low, 100 * gain, 100 * high)]
    of_crps = (rival["crps_improvement"], rival["crps_low"], rival["crps_high"], rival["crps_certainty"])
    gain, low, high, certainty = of_crps
    if gain is None or low is None or high is None or certainty is None:
        words += "<p>The CRPS is not compared: one of the two forecasts an interval only.</p>"
    else:
        words += f"<p>The CRPS, the error of all nine quantiles, is {sampled(gain, low, high, certainty)}</p>"
        rows.append(Range("CRPS", 100 * low, 100 * gain, 100 * high))
    drawing = plots.intervals(rows, label="Improvement over the champion and its range")
    note = "with its bootstrap range; right of 0 the new model is better."
    return words + figure("Improvement (%) over the champion,", note, drawing) + _by_inputs(rival)


def _by_inputs(rival: ChampionScores) -> str:
    """A table by what the new model's forecasts were made from; empty in an evaluation that lacks it."""
    by_inputs = rival.get("by_inputs")
    if not by_inputs:
        return ""
    rows = [(KINDS.get(kind, escape(kind)), _cells(scores)) for kind, scores in by_inputs.items()]
    return table(
        "By what the new model's forecasts were made from: improvement of the RMSE over the champion on the "
        "same rows, its bootstrap range, and the share of the resamples in which the new model is better.",
        ["made from", "days", "improvement", "from", "to", "certainty"],
        rows,
        "no forecast of the new model was made from these, or the champion has none of the same hours.",
    )


def _cells(scores: PairedScores) -> list[str]:
    gain = scores["improvement"]
    shares = [percent(share, digits=1, signed=True) for share in (gain, scores["low"], scores["high"])]
    return [
        cell(number(scores["days"], digits=0)),
        cell(shares[0], "bad" if gain is not None and gain < 0 else ""),
        *map(cell, shares[1:]),
        cell(percent(scores["certainty"])),
    ]
