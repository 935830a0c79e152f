"""Great Expectations' own page of a result, without scripts and requests to the network.

Its templates load styles, icons and scripts from a dozen hosts. The templates in ``templates/`` replace those
that do: what scripts did (folding, "failed only") is done by HTML and CSS. The rest is Great Expectations'.
"""

import copy
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import escape

from weather_mlops.clock import KST
from weather_mlops.pages.rendering import clean
from weather_mlops.pages.visit import IN_FILE
from weather_mlops.quality.audit import Audit
from weather_mlops.quality.docs.framing import Result, framed
from weather_mlops.quality.docs.names import page_of

HERE: Final = Path(__file__).parent
BOOTSTRAP: Final = "flask_bootstrap/static/bootstrap4/css/bootstrap.min.css"
GX_STATIC: Final = "great_expectations/render/view/static"
ELSEWHERE: Final = re.compile(r'<a href="(?:\.\./)*expectations/[^>]*>(.*?)</a>', re.DOTALL)
"""Great Expectations' links to a page of the suite, which exists only on a site of its own."""
FROM_NETWORK: Final = re.compile(r"background:\s*url\('https?:[^']*'\)[^;]*;|/\*# sourceMappingURL=[^*]*\*/")

ICONS: Final = {
    "fa-check-circle": "passed",
    "fa-times": "failed",
    "fa-exclamation-triangle": "warning",
    "fa-question-circle": "not known",
}
"""Labels of the icons that Great Expectations uses without a text."""


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """The style sheet of all pages.

    Attributes:
        name: of the file; it contains a hash of the content.
        body: CSS.
    """

    name: str
    body: bytes


@lru_cache(maxsize=1)
def style_sheet() -> StyleSheet:
    """The styles of Bootstrap 4, which these pages use, of Great Expectations and of this project, in one."""
    gx = Path(str(distribution("great-expectations").locate_file(GX_STATIC)))
    bootstrap = Path(str(distribution("bootstrap-flask").locate_file(BOOTSTRAP)))
    logo = b64encode((gx / "images" / "logo-long.png").read_bytes()).decode()
    parts = [
        bootstrap.read_text("utf-8"),
        (gx / "styles" / "data_docs_default_styles.css").read_text("utf-8"),
        (HERE / "style.css").read_text("utf-8").replace("LOGO", f"data:image/png;base64,{logo}"),
    ]
    body = FROM_NETWORK.sub("", "\n".join(parts)).encode()
    return StyleSheet(f"data-docs-{sha256(body).hexdigest()[:12]}.css", body)


def render(audit: Audit, *, load: bool = False) -> str:
    """The page of an audit.

    Args:
        audit: the result of the audit.
        load: whether it is a batch of a load, which belongs to no single hour.
    """
    about = page_of(audit, load=load)
    return framed(
        Result(
            _of_great_expectations(audit),
            style_sheet().name,
            _hours(audit, load=load),
            audit.run,
            about,
        ),
        IN_FILE,
    )


def _of_great_expectations(audit: Audit) -> str:
    """Great Expectations' rendering of a result, as HTML."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    result = copy.deepcopy(audit.result)
    result.meta["run_id"] = {"run_name": audit.run, "run_time": audit.audited_at.isoformat()}
    # Great Expectations' templates don't escape values.
    result.meta = _escaped(result.meta)
    for entry in result.results:
        entry.result = _escaped(entry.result)
    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(HERE / "templates"), view.env.loader])
    html: str = view.render(ValidationResultsPageRenderer().render(result))
    return _polished(html)


def _hours(audit: Audit, *, load: bool) -> list[str]:
    """The first and the last hour of a load, or the hour of a run; none without a window."""
    if audit.window is None:
        return []
    hours = audit.window if load else audit.window[1:]
    return [f"{hour.astimezone(KST):%Y-%m-%d %H:%M}" for hour in hours]


def _polished(page: str) -> str:
    """A page with labels on its icons, headings in order, and without empty lines."""
    for icon, label in ICONS.items():
        page = page.replace(
            f'<i class="fas {icon} ', f'<i role="img" aria-label="{label}" class="fas {icon} '
        )
    page = ELSEWHERE.sub(r"\1", page)
    page = re.sub(r'<h5 class="', '<h2 class="h5 ', page).replace("<h5>", '<h2 class="h5">')
    page = page.replace("</h5>", "</h2>").replace('<h6 class="', '<h3 class="h6 ').replace("</h6>", "</h3>")
    return re.sub(r"\s*\n\s*", "\n", page)


def _escaped(value: Any) -> Any:
    """A nested value with all its texts escaped."""
    if isinstance(value, str):
        return str(escape(clean(value)))
    if isinstance(value, Mapping):
        return {_escaped(name): _escaped(inner) for name, inner in value.items()}
    return [_escaped(inner) for inner in value] if isinstance(value, list | tuple) else value
