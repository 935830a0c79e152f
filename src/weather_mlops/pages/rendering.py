"""Pages made of Jinja2 templates.

Everything a template shows is escaped, and cleaned before: no control of the text direction, no API key.
Only SVG of ``charts/`` and what macros return is HTML already.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from weather_mlops.kma.masking import masked
from weather_mlops.pages import figures
from weather_mlops.pages.visit import NAVIGATION, Visit
from weather_mlops.settings import is_simulated

TEMPLATES: Final = Path(__file__).parent / "templates"
_BIDI_CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls of the text direction: with them a name can be displayed as another one."""


def render(template: str, visit: Visit, **content: Any) -> str:
    """A page.

    Args:
        template: its path below ``templates/``.
        visit: language and links.
        content: what the template shows: typed documents, texts, figures, SVG.

    Raises:
        jinja2.UndefinedError: the template shows something that is not in the content.
    """
    return (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            words=visit.language,
            navigation=NAVIGATION,
            is_simulated=is_simulated(),
            **content,
        )
    )


def clean(text: str) -> str:
    """A text from outside without controls of the text direction and API keys."""
    return _BIDI_CONTROLS.sub("\ufffd", masked(text))


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, with the figures of ``figures`` as filters."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    templates.filters |= {
        "number": figures.number,
        "percent": figures.percent,
        "kst": figures.kst,
        "short_kst": figures.short_kst,
    }
    templates.globals["MISSING"] = figures.MISSING
    return templates


def _shown(value: Any) -> Any:
    """What a template shows of a value, before it is escaped."""
    if value is None:
        return figures.MISSING
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value
