"""The model card: one page that says what a model is, how good it is, where it is worse, and how it was made.

It is rendered from an evaluation alone, always to the same bytes. The plots are part of it, so it needs no
network.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from weather_mlops.model.card import plots, tables
from weather_mlops.model.card.markup import hours, listed
from weather_mlops.model.card.summary import (
    COVERED,
    KEY_BASELINES,
    KEY_LEADS,
    Evaluation,
    against,
    comparison,
    doubts,
    leads_of,
    likelihood,
    losses,
    mean,
    named,
    quality,
    series,
    station_name,
)
from weather_mlops.pages.curves import Curve, Look, legend
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

MODEL: Final = Look("model", width=2.6)
LOOKS: Final = {
    "persistence": Look("persistence", (4, 2)),
    "persistence_24h": Look("yesterday", (1, 1.5)),
    "climatology": Look("climatology", (6, 1.5, 1, 1.5)),
    "damped_anomaly": Look("damped", (3, 1)),
    "ridge": Look("ridge"),
    "champion": Look("champion", (8, 2)),
}
OTHER: Final = Look("other")
QUANTILES: Final = {"p10": Look("damped", (3, 1)), "p50": Look("model", width=2.6), "p90": Look("yesterday")}


def render(evaluation: Evaluation) -> str:
    """The card as HTML."""
    e = finite(evaluation)
    title = f"{escape(e['label'])}, {hours(leads_of(e))} ahead"
    sections = (
        ("How good, by lead", _leads(e)),
        ("Can the interval be trusted?", _intervals(e)),
        ("When is it worse?", tables.seasons(e)),
        ("Where is it worse?", tables.stations(e)),
        ("Against the champion", _champion(e)),
        ("Its worst cases", _worst(e)),
        ("Which inputs matter", tables.importance(e)),
        ("How it was made", _making(e)),
        ("All leads", tables.all_leads(e)),
    )
    body = "".join(f"<section><h2>{name}</h2>{text}</section>" for name, text in sections)
    head = (
        f'<h1>{title}</h1><p class="soft">Model {escape(e["version"])}, recipe {escape(e["recipe"])}, '
        f"evaluated {kst(e['evaluated_at'])}. All times are KST (UTC+9).</p>"
    )
    return page(f"Model card: {title}", f"<header>{head}</header><main>{_summary(e)}{body}</main>")


def _summary(e: Evaluation) -> str:
    worse = losses(e)
    compared = any(mean(against(e, name, "skill")) is not None for name in e["opponents"])
    verdict = (
        f'<p class="bad">{" ".join(worse)}</p>'
        if worse
        else '<p class="good">No baseline is better at any lead.</p>'
        if compared
        else '<p class="bad">There is no baseline to compare with.</p>'
    )
    warning = "".join(f'<p class="bad">{doubt}</p>' for doubt in doubts(e))
    rivals = [name for name in KEY_BASELINES if name in e["opponents"]]
    rows = []
    for lead in (lead for lead in KEY_LEADS if str(lead) in e["leads"]):
        one = e["leads"][str(lead)]
        skills = [one["opponents"].get(name, {}).get("skill") for name in rivals]
        rows.append(
            (
                f"{lead}{NBSP}h",
                [
                    cell(number(one["rmse"], e["unit"])),
                    cell(percent(one["coverage_80"], digits=1)),
                    *map(tables.skill, skills),
                ],
            )
        )
    glance = table(
        "At a glance. Skill: by how much the RMSE is lower than the baseline's.",
        [
            "lead",
            "RMSE",
            "coverage of the<br>80 % interval",
            *(f"skill over<br>{named(name)}" for name in rivals),
        ],
        rows,
        tables.NO_FIGURE,
    )
    return f'<p class="lead">{quality(e)} {comparison(e)}</p>{verdict}{warning}{glance}'


def _leads(e: Evaluation) -> str:
    leads, unit = leads_of(e), e["unit"]
    names = e["opponents"]
    looks = [(named(name), LOOKS.get(name, OTHER)) for name in names]
    rmse = [Curve(against(e, name, "rmse"), LOOKS.get(name, OTHER)) for name in names]
    skill = [Curve(_hundredfold(against(e, name, "skill")), LOOKS.get(name, OTHER)) for name in names]
    return (
        legend([("<b>this model</b>", MODEL), *looks])
        + '<div class="plots">'
        + figure(
            f"RMSE ({escape(unit)}) by lead.",
            "Lower is better.",
            plots.by_lead(
                leads,
                [*rmse, Curve(series(e["leads"], leads, "rmse"), MODEL)],
                name="rmse",
                label="RMSE of the model and the baselines by lead",
                axis=f"RMSE ({unit})",
                span=(0, 0),
            ),
        )
        + figure(
            "Skill (%) over each baseline by lead.",
            "1 − RMSE / RMSE of the baseline; below 0 the baseline is better.",
            plots.by_lead(
                leads,
                skill,
                name="skill",
                label="Skill over each baseline by lead",
                axis="skill (%)",
                span=(-5, 5),
                level=0,
            ),
        )
        + "</div>"
    )


def _intervals(e: Evaluation) -> str:
    leads, unit = leads_of(e), e["unit"]
    low, high = (100 * share for share in COVERED)
    # Plotted as shares, the three would be straight lines far apart; what matters is how far each is off.
    off = [
        Curve(
            [
                None if share is None else 100 * share - int(name[1:])
                for share in series(e["reliability"], leads, name)
            ],
            look,
        )
        for name, look in QUANTILES.items()
    ]
    return (
        '<div class="plots">'
        + figure(
            "Coverage (%) of the 80 % interval by lead.",
            f"Aim: 80 %; shaded: {low:.0f}–{high:.0f} %, good enough.",
            plots.by_lead(
                leads,
                [Curve(_hundredfold(series(e["leads"], leads, "coverage_80")), MODEL)],
                name="coverage",
                label="Coverage of the 80 % interval by lead",
                axis="coverage (%)",
                span=(70, 90),
                level=80,
                band=(low, high),
            ),
        )
        + figure(
            f"Mean width ({escape(unit)}) of the 80 % interval by lead.",
            "At equal coverage, narrower is better.",
            plots.by_lead(
                leads,
                [Curve(series(e["leads"], leads, "width_80"), MODEL)],
                name="width",
                label="Mean width of the 80 % interval by lead",
                axis=f"width ({unit})",
                span=(0, 0),
            ),
        )
        + figure(
            "Reliability of the quantiles (percentage points) by lead.",
            "Share of observations below p10, p50, p90, minus 10, 50, 90 %. Above 0 the quantile is too high."
            + legend(list(QUANTILES.items())),
            plots.by_lead(
                leads,
                off,
                name="reliability",
                label="Share of observations below each quantile minus its nominal share, by lead",
                axis="off by (% points)",
                span=(-5, 5),
                level=0,
            ),
        )
        + "</div>"
    )


def _champion(e: Evaluation) -> str:
    rival = e["champion"]
    if rival is None:
        return "<p>There is no champion to compare with.</p>"
    gain, certainty = rival["improvement"], rival["certainty"]
    low, high = 100 * rival["low"], 100 * rival["high"]
    words = (
        f"<p>Against {escape(rival['version'])} over {number(rival['days'], 'days', digits=0)} RMSE is "
        f"{percent(abs(gain), digits=1)} {'lower' if gain >= 0 else 'higher'}, mean over the leads; by "
        f"paired block bootstrap the improvement is between {percent(rival['low'], digits=1, signed=True)} "
        f"and {percent(rival['high'], digits=1, signed=True)}. That the new model is better is "
        f"<b>{likelihood(certainty)}</b>: it is in {percent(certainty)} of the resamples.</p>"
    )
    if low <= 0 <= high:
        words += "<p>The range includes zero: that the two are equally good is not excluded.</p>"
    drawing = plots.interval(
        low, 100 * gain, high, name="champion", label="Improvement over the champion and its range"
    )
    note = "with its bootstrap range; right of 0 the new model is better."
    return words + figure("Improvement (%) over the champion,", note, drawing)


def _worst(e: Evaluation) -> str:
    if not e["worst"]:
        return f"<p>{MISSING}: the evaluation has no single cases.</p>"
    drawings = "".join(_case(case, rank, e["unit"]) for rank, case in enumerate(e["worst"], start=1))
    entries = [("observed", Look("ink", width=1.4)), ("p50", Look("model", width=2)), ("p10 to p90", _BAND)]
    return f'{legend(entries)}<div class="plots">{drawings}</div>'


_BAND: Final = Look("model-band", width=9)


def _case(case: dict[str, Any], rank: int, unit: str) -> str:
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
            f"{number(miss, unit, digits=1, signed=True)} at {time:%H:%M} KST."
        )
    drawing = plots.forecast(
        times,
        case["observed"],
        case["p10"],
        case["p50"],
        case["p90"],
        name=f"worst-{rank}",
        label=f"Forecast and observation at {station}",
        axis=unit,
    )
    return figure(f"{rank}. {station},", note, drawing)


def _making(e: Evaluation) -> str:
    training, held = e["training"], e["holdout"]
    names = [station_name(station) for station in training["stations"]]
    facts = {
        "Target": f"{escape(e['target'])} ({escape(e['unit'])})",
        "Training span": f"{kst(training['first'])} to {kst(training['last'])}",
        "Training rows": number(training["rows"], digits=0),
        "Held-out span": f"{kst(held['first'])} to {kst(held['last'])}",
        "Held-out rows": number(held["rows"], digits=0),
        "Training time": number(training["seconds"], "s", digits=0),
        "Peak memory": number(training["peak_rss_mb"], "MB", digits=0),
        "Snapshot of the data": escape(str(e["snapshot_id"])) if e["snapshot_id"] else f"{MISSING} (files)",
        "Code revision": escape(e["code_revision"]) if e["code_revision"] else f"{MISSING} (not recorded)",
        "Libraries": listed(
            [f"{escape(name)} {escape(version)}" for name, version in e["libraries"].items()]
        ),
        "Stations": folded(f"{len(names)} stations", f"<p>{', '.join(names)}</p>"),
    }
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items()) + "</dl>"


def _hundredfold(shares: Sequence[float | None]) -> list[float | None]:
    return [None if share is None else 100 * share for share in shares]
