"""The model card's section on the champion: the improvement of both scores."""

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import plots
from weather_mlops.model.card.summary import sampled
from weather_mlops.pages.markup import escape, figure, number


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
    rows = [("RMSE", 100 * low, 100 * gain, 100 * high)]
    of_crps = (rival["crps_improvement"], rival["crps_low"], rival["crps_high"], rival["crps_certainty"])
    gain, low, high, certainty = of_crps
    if gain is None or low is None or high is None or certainty is None:
        words += "<p>The CRPS is not compared: one of the two forecasts an interval only.</p>"
    else:
        words += f"<p>The CRPS, the error of all nine quantiles, is {sampled(gain, low, high, certainty)}</p>"
        rows.append(("CRPS", 100 * low, 100 * gain, 100 * high))
    drawing = plots.intervals(rows, name="champion", label="Improvement over the champion and its range")
    note = "with its bootstrap range; right of 0 the new model is better."
    return words + figure("Improvement (%) over the champion,", note, drawing)
