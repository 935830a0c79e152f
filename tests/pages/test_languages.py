"""The language of a page: the reader's browser's, or the one that the reader has chosen."""

import re
import string
from pathlib import Path

import pytest

import weather_mlops
from weather_mlops.errors import Misconfigured
from weather_mlops.pages.languages import Language, preferred
from weather_mlops.pages.messages import MESSAGES
from weather_mlops.pages.rendering import TEMPLATES

KEY = re.compile(r"""words\(\s*"([a-z0-9_]+)"[,)]""")
SOURCES = Path(weather_mlops.__file__).parent
MONITORING = ("monitoring_", "alert_", "alerts_", "report_", "system_", "data_", "model_", "official_")
STORED = ("data_gap_", "data_part_", "data_window_", "report_why_", "report_step_", "alert_")
"""Texts of names that the JSON of reports and alerts has."""
HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("fr,ko;q=0.2,en;q=0.1", "ko"),
        ("ko;q=0,en;q=0.5", "en"),
        ("fr-FR,de", "en"),
        ("", "en"),
        ("*", "en"),
        ("ko;q=abc, ;;;,en;q=1.5.2", "en"),
        ("KO", "ko"),
    ],
)
def test_the_browser_s_language_counts(header, language):
    assert preferred(header).name == language


def test_the_reader_s_choice_counts_more():
    assert preferred("ko", "en").name == "en"
    assert preferred("ko", "<script>").name == "ko"


def test_another_language_is_refused():
    with pytest.raises(Misconfigured, match="'fr' is not known"):
        Language("fr")


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_have_the_same_placeholders(key):
    def placeholders(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, korean = MESSAGES[key]
    assert placeholders(english) == placeholders(korean)
    assert not HANGUL.search(english) or key == "in_other_language"


@pytest.mark.parametrize("key", sorted(set(MESSAGES) - {"in_other_language", "data_wasserstein"}))
def test_a_korean_text_has_korean_words(key):
    korean = re.sub(r"{\w*}", "", MESSAGES[key].ko)
    assert HANGUL.search(korean) or not re.search("[a-z]{3}", korean)


def test_each_text_of_monitoring_is_shown_somewhere():
    files = [*SOURCES.rglob("*.py"), *TEMPLATES.rglob("*.html")]
    source = "".join(file.read_text() for file in files if file.parent.name != "messages")
    # Keys are put together, too: f"data_window_{name}". A stem's ends are names in the source, or stored.
    stems = {stem for stem in re.findall(r"""f["']([a-z_]+_)\{""", source) if stem.count("_") < 4}
    ends = set(re.findall(r"""["']([A-Za-z0-9_ ]+)["']""", source))
    own = [key for key in MESSAGES if key.startswith(MONITORING)]
    unused = {
        key
        for key in own
        if key not in ends and not any(key.removeprefix(stem) in ends for stem in stems if stem in key)
    }

    assert {key for key in unused if not key.startswith(STORED)} == set()


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_use_texts_that_exist(path):
    assert set(KEY.findall(path.read_text())) <= set(MESSAGES)
