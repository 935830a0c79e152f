"""Results and Data Docs on S3: each run publishes its own page and the indexes above it, and nothing else.

- ``quality/validations/YYYY/MM/DD/<page>.json``: the result, with score and counts;
- ``quality/docs/YYYY/MM/DD/<page>.html``: Great Expectations' own page of it;
- ``quality/docs/YYYY/MM/DD/index.html``, ``quality/docs/index.html``: the runs of a day, the days.

Days are KST's. A page is named ``<HHMM>_<score>_<fit share>_<run>``, so that a listing is all that an index
needs, and the cost of a run doesn't grow with history.
"""

import copy
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from weather_mlops.kma.endpoints import KST
from weather_mlops.lake.staging import safe_run
from weather_mlops.lake.store import ObjectStore
from weather_mlops.quality.audit import Audit

VALIDATIONS: Final = "quality/validations"
DOCS: Final = "quality/docs"
DAYS_SHOWN: Final = 31
HTML: Final = "text/html; charset=utf-8"
STYLE: Final = "body{font-family:sans-serif;margin:2em}td,th{padding:.2em 1em;text-align:left}"


@dataclass(frozen=True, slots=True)
class Published:
    """Keys of what a run published."""

    validation: str
    page: str


def publish(store: ObjectStore, audit: Audit) -> Published:
    """Write the result and the page of a run, and the indexes that name it.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    local = audit.audited_at.astimezone(KST)
    score = "none" if audit.score.overall is None else f"{audit.score.overall:.4f}"
    name = f"{local:%H%M}_{score}_{audit.fit_share:.4f}_{safe_run(audit.run)}"
    validation = f"{VALIDATIONS}/{local:%Y/%m/%d}/{name}.json"
    page = f"{DOCS}/{local:%Y/%m/%d}/{name}.html"
    store.put(validation, json.dumps(document(audit), ensure_ascii=False).encode(), "application/json")
    store.put(page, render(audit).encode(), HTML)
    pages = [entry.key for entry in store.list(f"{DOCS}/{local:%Y/%m/%d}/")]
    store.put(f"{DOCS}/{local:%Y/%m/%d}/index.html", day_index(local, pages).encode(), HTML)
    if not any(key.endswith("/index.html") for key in pages):
        months = {f"{DOCS}/{day:%Y/%m}/" for day in (local, local - timedelta(days=DAYS_SHOWN))}
        keys = chain.from_iterable((entry.key for entry in store.list(month)) for month in months)
        store.put(f"{DOCS}/index.html", top_index(keys).encode(), HTML)
    return Published(validation, page)


def document(audit: Audit) -> dict[str, Any]:
    """The result as JSON."""
    return {
        "run": audit.run,
        "audited_at": audit.audited_at.isoformat(),
        "score": audit.score.as_dict(),
        "fit_share": audit.fit_share,
        "counts": dict(audit.counts),
        "result": audit.result.to_json_dict(),
    }


def render(audit: Audit) -> str:
    """Great Expectations' page of a result; its styling comes from the network, its content does not."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    result = copy.deepcopy(audit.result)
    result.meta["run_id"] = {"run_name": audit.run, "run_time": audit.audited_at.isoformat()}
    # Its templates write values as they are.
    result.meta = _escaped(result.meta)
    for entry in result.results:
        entry.result = _escaped(entry.result)
    page: str = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
    return page


def _escaped(value: Any) -> Any:
    """The same with no markup in any of its texts."""
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {_escaped(name): _escaped(inner) for name, inner in value.items()}
    return [_escaped(inner) for inner in value] if isinstance(value, list | tuple) else value


def day_index(day: datetime, keys: Iterable[str]) -> str:
    """The runs of a day, newest first."""
    rows = []
    for key in sorted(keys, reverse=True):
        name = key.removeprefix(f"{DOCS}/{day:%Y/%m/%d}/")
        if name == "index.html":
            continue
        time, score, fit, run = name.removesuffix(".html").split("_", 3)
        cells = (
            f"{time[:2]}:{time[2:]} KST",
            score,
            fit,
            f'<a href="{html.escape(name)}">{html.escape(run)}</a>',
        )
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = (
        "<tr><th>audited at</th><th>quality score (0 to 1)</th><th>fit share (0 to 1)</th><th>run</th></tr>"
    )
    return _page(f"Data quality on {day:%Y-%m-%d} (KST)", f"<table>{head}{''.join(rows)}</table>")


def top_index(keys: Iterable[str]) -> str:
    """The days that have runs, newest first, of this month and the one before."""
    days = sorted({"/".join(key.split("/")[2:5]) for key in keys}, reverse=True)
    links = "".join(
        f'<li><a href="{html.escape(day)}/index.html">{html.escape(day)}</a></li>' for day in days
    )
    return _page("Data quality by day (KST)", f"<ul>{links}</ul>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )
