"""The monitoring report in the language of its reader, drawn from its JSON."""

import logging
from typing import Final

from jinja2 import TemplateError

from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.monitoring.report import LATEST_HTML, page
from weather_mlops.monitoring.report.links import DEEP, PageLinks
from weather_mlops.monitoring.report.stored import parse, restored
from weather_mlops.pages.visit import Visit

log = logging.getLogger(__name__)

UNFIT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError)
"""Errors by figures that are none: the JSON's figures are read unchecked, since any version may have written
them."""


def draw(store: ObjectStore, key: str, visit: Visit) -> str | None:
    """The page of a report; None where only the page that its task stored can be shown.

    That is so where there is no JSON, where it is damaged, or older than what the page needs.

    Args:
        store: the bucket.
        key: of the stored page.
        visit: who opens it.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    document = key.removesuffix(".html") + ".json"
    try:
        stored = parse(store.get(document, JSON_DOCUMENT), store.where(document))
        report = restored(stored) if stored else None
        if stored is None or report is None:
            return None
        return page.render(report, visit, PageLinks("" if key == LATEST_HTML else DEEP, stored.runbook))
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        log.warning("shown as its task stored it: %s", error)
    except UNFIT:
        log.warning("%s: shown as its task stored it", store.where(key), exc_info=True)
    return None
