"""The model card: one page that says what a model is, how good it is, where it is worse, and how it was made.

It is rendered from an evaluation alone, always to the same bytes. The plots are part of it, so it needs no
network.
"""

import math
from datetime import datetime, timedelta

from weather_mlops.documents.evaluation import EvaluationDocument, WorstForecast
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.card import (
    champion_section,
    kma_section,
    lead_curves,
    lead_table,
    plots,
    quantile_plots,
    tables,
)
from weather_mlops.model.card import hours as hours_section
from weather_mlops.model.card.cells import NO_FIGURE, skill
from weather_mlops.model.card.markup import hours, listed
from weather_mlops.model.card.summary import (
    KEY_BASELINES,
    KEY_LEADS,
    against,
    baselines_of,
    comparison,
    doubts,
    leads_of,
    losses,
    mean,
    named,
    quality,
    share_with_kma,
    skill_at,
    station_name,
)
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Area, legend
from weather_mlops.pages.markup import (
    MISSING,
    NBSP,
    cell,
    escape,
    figure,
    finite,
    folded,
    kst,
    number,
    page,
    percent,
    table,
    to_kst,
)


def render(evaluation: EvaluationDocument) -> str:
    """The card as HTML."""
    e: EvaluationDocument = finite(evaluation)
    title = f"{escape(e['label'])}, {hours(leads_of(e))} ahead"
    sections = (
        ("How good, by lead", lead_curves.errors(e)),
        ("Can the interval be trusted?", quantile_plots.section(e)),
        ("When is it worse?", tables.seasons(e) + hours_section.section(e)),
        ("Where is it worse?", tables.stations(e)),
        ("Against the champion", champion_section.section(e)),
        ("Against the KMA's forecast", kma_section.section(e)),
        ("Its worst cases", _worst(e)),
        ("Which inputs matter", tables.importance(e)),
        ("How it was made", _making(e)),
        ("All leads", lead_table.section(e)),
    )
    body = "".join(f"<section><h2>{name}</h2>{text}</section>" for name, text in sections)
    head = (
        f'<h1>{title}</h1><p class="soft">Model {escape(e["version"])}, recipe {escape(e["recipe"])}, '
        f"evaluated {kst(e['evaluated_at'])}. All times are KST (UTC+9).</p>"
    )
    content = f"<header>{head}</header><main>{_summary(e)}{body}</main>"
    return page(f"Model card: {title}", content, style=charts.STYLE)


def _summary(e: EvaluationDocument) -> str:
    worse = losses(e)
    compared = any(mean(against(e, name, "skill")) is not None for name in baselines_of(e))
    verdict = (
        f'<p class="bad">{" ".join(worse)}</p>'
        if worse
        else '<p class="good">No baseline is better at any lead.</p>'
        if compared
        else '<p class="bad">There is no baseline to compare with.</p>'
    )
    warning = "".join(f'<p class="bad">{doubt}</p>' for doubt in doubts(e))
    rivals = [name for name in KEY_BASELINES if name in baselines_of(e)]
    on_common = ", on the rows that both have" if KMA_FORECAST in rivals else ""
    rows = []
    for lead in (lead for lead in KEY_LEADS if str(lead) in e["leads"]):
        one = e["leads"][str(lead)]
        skills = [skill_at(e, lead, name) for name in rivals]
        rows.append(
            (
                f"{lead}{NBSP}h",
                [
                    cell(number(one["rmse"], e["unit"])),
                    cell(number(one["crps"], e["unit"])),
                    cell(percent(one["coverage_80"], digits=1)),
                    *map(skill, skills),
                ],
            )
        )
    glance = table(
        "At a glance. CRPS: the error of the whole distribution. Skill: by how much the RMSE is lower than "
        f"the baseline's{on_common}.",
        [
            "lead",
            "RMSE",
            "CRPS",
            "coverage of the<br>80 % interval",
            *(f"skill over<br>{named(name)}" for name in rivals),
        ],
        rows,
        NO_FIGURE,
    )
    return f'<p class="lead">{quality(e)} {comparison(e)}</p>{verdict}{warning}{glance}'


def _worst(e: EvaluationDocument) -> str:
    if not e["worst"]:
        return f"<p>{MISSING}: the evaluation has no single cases.</p>"
    drawings = "".join(_case(case, rank, e["unit"]) for rank, case in enumerate(e["worst"], start=1))
    names = legend([("observed", plots.OBSERVED), ("p50", plots.MEDIAN), ("p10 to p90", Area("model-band"))])
    return f'{names}<div class="plots">{drawings}</div>'


def _case(case: WorstForecast, rank: int, unit: str) -> str:
    issued = to_kst(case["issued_at"])
    times = [issued + timedelta(hours=lead) for lead in case["leads"]]
    pairs = zip(case["p50"], case["observed"], times, strict=True)
    misses = [(p50 - seen, time) for p50, seen, time in pairs if p50 is not None and seen is not None]
    station = station_name(case["station_id"])
    note = f"issued {kst(case['issued_at'])}; nothing observed."
    if misses:
        rmse = math.sqrt(sum(miss**2 for miss, _ in misses) / len(misses))
        miss, time = max(misses, key=lambda pair: abs(pair[0]))
        note = (
            f"issued {kst(case['issued_at'])}; RMSE {number(rmse, unit, digits=1)}, furthest off "
            f"{number(miss, unit, digits=1, signed=True)} at {_clock(time, issued)} KST."
        )
    drawing = plots.forecast(
        times,
        case["observed"],
        case["p10"],
        case["p50"],
        case["p90"],
        label=f"Forecast and observation at {station}",
        unit=unit,
    )
    return figure(f"{rank}. {station},", note, drawing)


def _clock(time: datetime, issued: datetime) -> str:
    """A time of a forecast; with its date where the forecast has this hour twice."""
    return f"{time:%H:%M}" if time - issued <= timedelta(days=1) else f"{time:%d %b %H:%M}"


def _making(e: EvaluationDocument) -> str:
    training, held = e["training"], e["holdout"]
    names = [station_name(station) for station in training["stations"]]
    facts = {
        "Target": f"{escape(e['target'])} ({escape(e['unit'])})",
        "Inputs": escape(e.get("inputs") or f"{MISSING} (not recorded)"),
        "Training span": f"{kst(training['first'])} to {kst(training['last'])}",
        "Training rows": number(training["rows"], digits=0),
        "Held-out span": f"{kst(held['first'])} to {kst(held['last'])}",
        "Held-out rows": number(held["rows"], digits=0),
        "Held-out forecasts that began with the KMA's": percent(share_with_kma(e), digits=1),
        "Training time": number(training["seconds"], "s", digits=0),
        "Peak memory": number(training["peak_rss_mb"], "MB", digits=0),
        "Snapshot of the data": _snapshot(e["snapshot_id"], "files"),
        "Snapshot of the KMA's forecasts": _snapshot(e.get("kma_snapshot_id"), "files, or not used"),
        "Code revision": escape(e["code_revision"]) if e["code_revision"] else f"{MISSING} (not recorded)",
        "Libraries": listed(
            [f"{escape(name)} {escape(version)}" for name, version in e["libraries"].items()]
        ),
        "Stations": folded(f"{len(names)} stations", f"<p>{', '.join(names)}</p>"),
    }
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items()) + "</dl>"


def _snapshot(snapshot_id: int | None, otherwise: str) -> str:
    return str(snapshot_id) if snapshot_id else f"{MISSING} ({otherwise})"
