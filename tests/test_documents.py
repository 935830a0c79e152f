"""The documents: links and names lead somewhere, both languages agree, and what is read first is short."""

import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
FOLDERS = (".", ".github", "docs", "docs/decisions", "pipelines", "tests", "tests/hostile")
DOCUMENTS = sorted(page for folder in FOLDERS for page in (PROJECT / folder).glob("*.md"))
GENERATED = {PROJECT / "docs" / name for name in ("pipelines.md", "pipelines.ko.md")}
WRITTEN = [page for page in DOCUMENTS if page not in GENERATED]
PAIRS = [page for page in WRITTEN if page.with_suffix(".ko.md").exists()]
MAX_BYTES = {"README.md": 10_000, "README.ko.md": 12_000, "ARCHITECTURE.md": 10_000}
PACKAGE = PROJECT / "src" / "weather_mlops"
# A path in a document is relative to one of these.
BASES = (
    PROJECT,
    *(PROJECT / name for name in ("src", "benchmarks", "pipelines")),
    PACKAGE,
    *PACKAGE.glob("*/"),
)
EXAMPLES = {"plugins/my_checks.py"}  # files that a reader would add
# Folders that a document may name by one of these; `raw/` and the like are keys on S3.
SOURCES = {"authoring", "benchmarks", "deploy", "docs", "embedded", "expectations", "pipelines", "plugins"}
SOURCES |= {
    "production",
    "schemas",
    "simulator",
    "src",
    "tests",
    "lake",
    "kma",
    "history",
    "sources",
    "browsing",
}


def name(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@cache
def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if "://" not in link]


def codes(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(page))


def shell(page: Path) -> list[str]:
    """The commands of a page's blocks, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_each_link_leads_to_a_file_and_a_heading(page):
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_each_path_that_is_named_exists(page):
    files = {code for code in codes(page) if re.fullmatch(r"[\w*/-]+\.(py|yml|csv|txt)", code)}
    folders = {
        code for code in codes(page) if re.fullmatch(r"[\w/]+/", code) and code.split("/")[0] in SOURCES
    }
    bases = (*BASES, page.parent)
    missing = [path for path in files | folders if not any(list(base.glob(path)) for base in bases)]

    assert set(missing) <= EXAMPLES


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_each_target_of_make_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = {
        target for text in [*shell(page), *codes(page)] for target in re.findall(r"\bmake ([a-z-]+)", text)
    }

    assert named - targets == set()


@pytest.mark.parametrize("page", PAIRS, ids=name)
def test_both_languages_have_the_same_commands_and_headings(page):
    korean = page.with_suffix(".ko.md")

    assert shell(page) == shell(korean)
    assert {code for code in codes(page) if code.startswith("make ")} == {
        code for code in codes(korean) if code.startswith("make ")
    }
    assert len(re.findall("^## ", prose(page), re.MULTILINE)) == len(
        re.findall("^## ", prose(korean), re.MULTILINE)
    )


def test_each_page_of_a_user_exists_in_both_languages():
    topics = {page.stem for page in PAIRS if page.parent == PROJECT / "docs"}

    assert topics >= {"collection", "data", "quality", "model", "monitoring", "yaml", "pages", "operations"}


@pytest.mark.parametrize(("page", "limit"), MAX_BYTES.items())
def test_what_is_read_first_stays_short(page, limit):
    assert (PROJECT / page).stat().st_size <= limit


def test_the_readme_begins_with_what_it_is_and_needs():
    _, korean, first, *rest = prose(PROJECT / "README.md").split("\n\n")

    assert "README.ko.md" in korean
    assert len(first.split()) <= 25
    assert first.count(".") == 1
    assert all(need in " ".join(rest[:2]) for need in ("1.6 GB", "2 cores", "8 GB"))


@pytest.mark.parametrize("page", [page for page in DOCUMENTS if page.name.endswith(".ko.md")], ids=name)
def test_korean_pages_speak_in_one_register(page):
    endings = re.findall(r"(\S*[가-힣])다\.(?=\s|$)", prose(page), re.MULTILINE)

    assert [ending for ending in endings if not ending.endswith("니")] == []


def test_the_korean_reference_says_in_korean_what_a_value_may_be():
    page = (PROJECT / "docs" / "pipelines.ko.md").read_text("utf-8")
    kinds = re.findall(r"^\| `[^|]*` \| ((?:[^|]|\\\|)*) \|", page, re.MULTILINE)

    assert len(kinds) > 1000
    assert [kind for kind in kinds if re.search(r"\b(an?|each|of|or|the|to)\b", kind)] == []
