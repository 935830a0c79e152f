"""The tables of a model card: by season, by station, by input."""

import math
from statistics import median
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import common_rows
from weather_mlops.model.card.cells import NO_FIGURE, skill
from weather_mlops.model.card.markup import heat
from weather_mlops.model.card.summary import (
    SEASONS,
    leads_of,
    mean,
    season,
    series,
    station_name,
    table_leads,
)
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, folded, number, percent, table

ROWS_OPEN: Final = 12  # longer tables fold the rest: on a phone they would bury what follows


def seasons(e: EvaluationDocument) -> str:
    """When it is worse."""
    leads = leads_of(e)
    codes = sorted(e["seasons"], key=lambda code: [*SEASONS, code].index(code))
    if not codes:
        return f"<p>{MISSING}: the evaluation has no figures by season.</p>"
    shown = table_leads(leads)
    columns = [[series(e["seasons"][code], [lead], "rmse")[0] for code in codes] for lead in shown]
    columns.append([mean(series(e["seasons"][code], leads, "rmse")) for code in codes])
    rows = []
    for code, cells in zip(codes, zip(*heat(columns), strict=True), strict=True):
        crps, bias, coverage = (
            mean(series(e["seasons"][code], leads, name)) for name in ("crps", "bias", "coverage_80")
        )
        means = [number(crps), number(bias, signed=True), percent(coverage, digits=1)]
        rows.append((season(code), [*cells, *map(cell, means)]))
    unit = escape(e["unit"])
    of_kma = common_rows.table(e, "season", [(season(code), e["seasons"][code]) for code in codes])
    return (
        table(
            f"RMSE ({unit}) by season and lead, shaded in each column from best to worst; CRPS ({unit}), "
            f"bias ({unit}, forecast minus observation) and coverage of the 80 % interval are means over all "
            "leads.",
            ["season", *(f"{lead}{NBSP}h" for lead in shown), "all leads", "CRPS", "bias", "coverage"],
            rows,
            NO_FIGURE,
        )
        + of_kma
    )


def stations(e: EvaluationDocument) -> str:
    """Where it is worse."""
    leads = leads_of(e)
    average = {station: mean(series(by_lead, leads, "rmse")) for station, by_lead in e["stations"].items()}
    if not average:
        return f"<p>{MISSING}: the evaluation has no figures by station.</p>"
    order = sorted(average, key=lambda station: (-_or(average[station], -math.inf), int(station)))
    shown = table_leads(leads)
    columns = [[series(e["stations"][station], [lead], "rmse")[0] for station in order] for lead in shown]
    columns.append([average[station] for station in order])
    rows = [
        (
            station_name(int(station)),
            [
                *cells,
                cell(number(mean(series(e["stations"][station], leads, "crps")))),
                skill(mean([each["skill_persistence"] for each in e["stations"][station].values()])),
            ],
        )
        for station, cells in zip(order, zip(*heat(columns), strict=True), strict=True)
    ]
    head = ["station", *(f"{lead}{NBSP}h" for lead in shown), "all leads", "CRPS", "skill"]
    unit = escape(e["unit"])
    caption = (
        f"RMSE ({unit}) by station and lead, worst station first, shaded in each column from best to worst; "
        f"CRPS ({unit}) and skill over persistence are means over all leads."
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
    of_kma = common_rows.table(
        e, "station", [(station_name(int(station)), e["stations"][station]) for station in order]
    )
    return (
        range_of_means
        + table(caption, head, rows[:ROWS_OPEN], NO_FIGURE)
        + (folded(f"The other {len(rest)} stations", table(caption, head, rest, NO_FIGURE)) if rest else "")
        + (folded("Against the KMA's forecast, by station", of_kma) if of_kma else "")
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


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
