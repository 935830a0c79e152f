"""The tables of a model card: by season, by station, by input, by lead."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card.markup import heat
from weather_mlops.model.card.summary import (
    SEASONS,
    baselines_of,
    leads_of,
    mean,
    named,
    season,
    series,
    skill_at,
    station_name,
)
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, folded, number, percent, table

ROWS_OPEN: Final = 12  # longer tables fold the rest: on a phone they would bury what follows
NO_FIGURE: Final = "no figure in the evaluation: too few held-out pairs of forecast and observation."


def seasons(e: EvaluationDocument) -> str:
    """When it is worse."""
    leads = leads_of(e)
    codes = sorted(e["seasons"], key=lambda code: [*SEASONS, code].index(code))
    if not codes:
        return f"<p>{MISSING}: the evaluation has no figures by season.</p>"
    shown = _shown(leads)
    columns = [[series(e["seasons"][code], [lead], "rmse")[0] for code in codes] for lead in shown]
    columns.append([mean(series(e["seasons"][code], leads, "rmse")) for code in codes])
    rows = []
    for code, cells in zip(codes, zip(*heat(columns), strict=True), strict=True):
        bias = mean(series(e["seasons"][code], leads, "bias"))
        coverage = mean(series(e["seasons"][code], leads, "coverage_80"))
        rows.append(
            (season(code), [*cells, cell(number(bias, signed=True)), cell(percent(coverage, digits=1))])
        )
    unit = escape(e["unit"])
    return table(
        f"RMSE ({unit}) by season and lead, shaded in each column from best to worst; bias ({unit}, "
        "forecast minus observation) and coverage of the 80 % interval are means over all leads.",
        ["season", *(f"{lead}{NBSP}h" for lead in shown), "all leads", "bias", "coverage"],
        rows,
        NO_FIGURE,
    )


def stations(e: EvaluationDocument) -> str:
    """Where it is worse."""
    leads = leads_of(e)
    average = {station: mean(series(by_lead, leads, "rmse")) for station, by_lead in e["stations"].items()}
    if not average:
        return f"<p>{MISSING}: the evaluation has no figures by station.</p>"
    order = sorted(average, key=lambda station: (-_or(average[station], -math.inf), int(station)))
    shown = _shown(leads)
    columns = [[series(e["stations"][station], [lead], "rmse")[0] for station in order] for lead in shown]
    columns.append([average[station] for station in order])
    rows = [
        (
            station_name(int(station)),
            [*cells, skill(mean([each["skill_persistence"] for each in e["stations"][station].values()]))],
        )
        for station, cells in zip(order, zip(*heat(columns), strict=True), strict=True)
    ]
    head = ["station", *(f"{lead}{NBSP}h" for lead in shown), "all leads", "skill"]
    unit = escape(e["unit"])
    caption = (
        f"RMSE ({unit}) by station and lead, worst station first, shaded in each column from best to worst; "
        "skill is over persistence, mean over all leads."
    )
    known = [value for value in average.values() if value is not None]
    range_of_means = (
        f"<p>RMSE averaged over the leads runs from {number(min(known), e['unit'])} to "
        f"{number(max(known), e['unit'])}, with half of the {len(known)} stations below "
        f"{number(median(known), e['unit'])}.</p>"
        if known
        else ""
    )
    rest = rows[ROWS_OPEN:]
    return (
        range_of_means
        + table(caption, head, rows[:ROWS_OPEN], NO_FIGURE)
        + (folded(f"The other {len(rest)} stations", table(caption, head, rest, NO_FIGURE)) if rest else "")
    )


def importance(e: EvaluationDocument) -> str:
    """Which inputs matter."""
    leads = sorted(map(int, e["importance"]))
    if not leads:
        return f"<p>{MISSING}: the evaluation has no importance of inputs.</p>"
    shares = [e["importance"][str(lead)] for lead in leads]
    features = {
        feature: sum(share.get(feature) or 0 for share in shares) for one in shares for feature in one
    }
    order = sorted(features, key=lambda feature: (-features[feature], feature))
    longest = max((share.get(feature) or 0 for share in shares for feature in order), default=0) or 1
    rows = [
        (
            escape(feature).replace("_", "_<wbr>"),
            [
                cell(MISSING)
                if share.get(feature) is None
                else cell(percent(share[feature], digits=1), "bar", share[feature] / longest)
                for share in shares
            ],
        )
        for feature in order
    ]
    caption = f"Share (%) of the gain of all splits, at {len(leads)} leads; the most used input first."
    head = ["input", *(f"{lead}{NBSP}h" for lead in leads)]
    no_share = "not among the inputs listed for this lead, which are those with the largest shares."
    rest = rows[ROWS_OPEN:]
    return table(caption, head, rows[:ROWS_OPEN], no_share) + (
        folded(f"The other {len(rest)} inputs", table(caption, head, rest, no_share)) if rest else ""
    )


def all_leads(e: EvaluationDocument) -> str:
    """Every lead, every figure."""
    unit, compared = escape(e["unit"]), baselines_of(e)
    rows = []
    for lead in leads_of(e):
        one = e["leads"][str(lead)]
        figures = [
            number(one["n"], digits=0),
            number(one["rmse"]),
            number(one["mae"]),
            number(one["bias"], signed=True),
            number(one["pinball"], digits=3),
            number(one["width_80"]),
            percent(one["coverage_80"], digits=1),
        ]
        skills = [skill(skill_at(e, lead, name)) for name in compared]
        rows.append((f"{lead}{NBSP}h", [*map(cell, figures), *skills]))
    head = [
        "lead",
        "pairs",
        *(f"{name}<br>({unit})" for name in ("RMSE", "MAE", "bias", "pinball", "width")),
        "coverage",
        *(f"skill over<br>{named(name)}" for name in compared),
    ]
    caption = (
        "Pairs of forecast and observation; bias is forecast minus observation; pinball is the loss of the "
        "quantiles; width and coverage are those of the 80 % interval."
    )
    return table(caption, head, rows, NO_FIGURE)


def _shown(leads: Sequence[int]) -> list[int]:
    """The leads that a table across the page has room for, hours."""
    return [lead for lead in leads if lead == leads[0] or lead % 3 == 0]


def skill(share: float | None) -> str:
    """A cell that stands out where the baseline is better."""
    return cell(percent(share, digits=1), "bad" if share is not None and share < 0 else "")


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
