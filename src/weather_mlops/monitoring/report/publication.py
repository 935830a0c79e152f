"""Writes a report to S3: under its time, and as the latest one."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report.content import HISTORY, Earlier, Report, WhyNot
from weather_mlops.monitoring.report.document import RUNBOOK, write
from weather_mlops.monitoring.report.links import DEEP, PREFIX, PageLinks
from weather_mlops.monitoring.report.page import render
from weather_mlops.monitoring.report.reasons import reasons
from weather_mlops.monitoring.report.stored import read
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import ReportVerdict, complete
from weather_mlops.pages.visit import Visit

log = logging.getLogger(__name__)

LATEST: Final = f"{PREFIX}latest"
LATEST_HTML: Final = f"{LATEST}.html"
JSON_END: Final = ".json"
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """A published report.

    Attributes:
        html_key: key of the page.
        json_key: key of the JSON.
        verdict: over all sections.
        reasons: for it, one sentence each, in the language of the report.
    """

    html_key: str
    json_key: str
    verdict: ReportVerdict
    reasons: Sequence[str]


def publish(  # noqa: PLR0913  # the parts of a report
    store: ObjectStore,
    sections: Sequence[Section],
    *,
    now: datetime,
    language: str,
    run: str,
    runbook: str = RUNBOOK,
) -> PublishedReport:
    """Write a report, compared with the previous one.

    Args:
        store: the bucket.
        sections: what the tasks measured; the report lists absent ones as missing.
        now: the report's time, aware; its key is named after it. A retried run replaces its own report.
        language: one of ``pages.messages.LANGUAGES``.
        run: id of the DAG run.
        runbook: it has a section for each check; a link if it begins with https:// or http://.

    Raises:
        Misconfigured: there is no such language.
        StorageUnavailable, StorageRefused.
    """
    words = Translator(language)
    key, earlier = _report_key(store, now, run)
    report = Report(key, now, run, complete(sections), earlier)
    stem = key.removesuffix(JSON_END)
    sentences = [reason.sentence for reason in reasons(report.sections, words, report.start)]
    document = write(report, sentences, language, runbook)
    # Pages link to each other by relative paths: they work under any address, and as files on a disk.
    for key, root in ((stem, DEEP), (LATEST, "")):
        html = render(report, Visit(words), PageLinks(root, runbook)).encode()
        store.put(f"{key}.json", document, JSON)
        store.put(f"{key}.html", html, HTML)
    log.info(
        "report %s: %s, %d problems, %d bytes of JSON", stem, report.verdict, report.problems, len(document)
    )
    return PublishedReport(f"{stem}.html", f"{stem}.json", report.verdict, sentences)


def _report_key(store: ObjectStore, now: datetime, run: str) -> tuple[str, Earlier]:
    """The key of a run's report, and the newest report before it; a retried run keeps its key."""
    key = f"{PREFIX}{now.astimezone(KST):%Y/%m/%d/%H%M}{JSON_END}"
    for older in _older(store, now, key):
        earlier = read(older, store.get(older))
        if earlier.run != run:
            return key, earlier
        key = older
    return key, Earlier(why_not=WhyNot.FIRST)


def _older(store: ObjectStore, now: datetime, key: str) -> Iterator[str]:
    """Keys of the reports of the last 7 days before a key, the newest first."""
    for back in range(HISTORY.days + 1):
        day = now.astimezone(KST) - timedelta(days=back)
        keys = [entry.key for entry in store.list(f"{PREFIX}{day:%Y/%m/%d}/")]
        yield from sorted((one for one in keys if one.endswith(JSON_END) and one < key), reverse=True)
