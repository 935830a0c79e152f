"""Words that the project doesn't use: each kind is found where it must be, and not where it may stand."""

from pathlib import Path

import pytest

from authoring.__main__ import main
from authoring.wording import scan, table
from authoring.wording.names import names, parts_of
from authoring.wording.table import Exemption, Table, Word
from authoring.wording.texts import CODE, prose_of

SHIPPED = table.load()


def looked_up(text: str, path: str = "src/weather_mlops/a.py", words: Table = SHIPPED) -> list[str]:
    """What is found in a file: the names, or for a text the words with their position."""
    return [use.name or f"{use.line}:{use.column}" for use in scan.uses(path, text, words)]


def entry(word: str, kind: str, **more) -> Table:
    return Table((Word(word, kind, "another word", **more),))


@pytest.mark.parametrize(
    "text",
    [
        "told = 1\n",
        "x.told_by = told_at\n",
        "# as told\n",
        '"""It was told."""\n',
        'raise ValueError("told nothing")\n',
        'x = {"told": 1}\n',
        'x = "first\\ntold"\n',
        "import told\n",
        "def test_errors_are_told_with_their_line(): ...\n",
    ],
)
def test_an_anywhere_word_is_found_in_all_of_python(text):
    assert looked_up(text, "tests/test_a.py")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "What it told.\n"),
        ("docs/a.ko.md", "told된 값\n"),
        ("pipelines/a.yml", "# as told\nx: 1\n"),
        ("pipelines/a.yml", "description: Told every hour\n"),
        ("src/weather_mlops/a.j2", "<p>{{ told }}</p>\n"),
        ("src/weather_mlops/a.css", "/* told */\n"),
        ("Makefile", "run:  ## told\n"),
        ("schemas/a.json", '{"description": "told"}\n'),
    ],
)
def test_an_anywhere_word_is_found_in_all_documents(path, text):
    assert looked_up(text, path)


def test_an_anywhere_word_is_found_in_the_name_of_a_file():
    assert looked_up("", "docs/what_is_told.md") == ["what_is_told"]


@pytest.mark.parametrize(
    "text",
    ["hold on", "toldo", "amendment", "mendelian", "recommend", "by lottery", "in vainglory", "renewed"],
)
def test_a_word_within_another_word_is_allowed(text):
    assert looked_up(f"# {text}\n") == []


@pytest.mark.parametrize(
    "text", ["mend", "mends", "mended", "Mending", "anew", "by lot", "in vain", "untold"]
)
def test_forms_of_a_word_are_found(text):
    assert looked_up(f"# It is {text}.\n")


@pytest.mark.parametrize(
    "text",
    [
        "# tried in\n# vain\n",
        '"""Tried in\n    vain.\n    """\n',
        'x = "tried in " "vain"\n',
        'x = (\n    "tried in "\n    "vain"\n)\n',
    ],
)
def test_a_phrase_is_found_across_lines(text):
    assert len(looked_up(text, words=entry("in vain", "prose"))) == 1


def test_a_phrase_is_not_found_across_code():
    assert looked_up('f("in", "vain")\n', words=entry("in vain", "prose")) == []


def test_a_prose_word_is_found_in_text_and_not_as_a_name():
    assert looked_up("beside = 1  # beside\n", words=entry("beside", "prose")) == ["1:15"]
    assert looked_up('beside = "it is beside"\n', words=entry("beside", "prose")) == ["1:17"]
    assert looked_up('f"{beside}"\n', words=entry("beside", "prose")) == []
    assert looked_up("It is beside.\n", "README.md", entry("beside", "prose")) == ["1:7"]


@pytest.mark.parametrize(
    "text",
    [
        "found = 1\n",
        "_found: int = 1\n",
        "FOUND = 1\n",
        "class Found: ...\n",
        "def found(): ...\n",
        "def f(found): ...\n",
        "def f(*, found=1): ...\n",
        "def f(*found): ...\n",
        "lambda found: 1\n",
        "self.found = 1\n",
        "class A:\n    found: int\n",
        "for found in x: ...\n",
        "[1 for found in x]\n",
        "with x as found: ...\n",
        "try: ...\nexcept E as found: ...\n",
        "import a as found\n",
        "from a import b as found\n",
        "if (found := 1): ...\n",
        "match x:\n    case [found]: ...\n",
        "match x:\n    case [*found]: ...\n",
        "match x:\n    case {**found}: ...\n",
        "a, (b, found) = x\n",
    ],
)
def test_a_name_word_is_found_wherever_a_name_is_given(text):
    assert [name.lower().strip("_") for name in looked_up(text, words=entry("found", "name"))] == ["found"]


@pytest.mark.parametrize(
    "text",
    [
        "# No row was found.\n",
        'raise KeyError("station not found")\n',
        "not_found = found_at = FOUNDER = 1\n",
        "x = library.found\n",
        "library(found=1)\n",
        'x = row["found"]\n',
        'y = f"{x.found}"\n',
    ],
)
def test_a_name_word_is_allowed_in_sentences_keys_and_libraries(text):
    assert looked_up(text) == []


def test_a_word_for_names_is_allowed_in_documents():
    assert looked_up("No row was found, none was made or kept.\n", "README.md") == []
    assert looked_up("# found, made, kept\n", "pipelines/a.yml") == []


@pytest.mark.parametrize("name", ["reply", "OLD_REPLY", "ReplyCutOff", "_replies", "rawReply", "HTTPReply"])
def test_a_word_for_parts_is_found_within_a_name(name):
    assert looked_up(f"{name} = 1\n") == [name]


@pytest.mark.parametrize("name", ["replying", "inline", "headline", "griddle"])
def test_a_part_is_a_whole_word(name):
    assert looked_up(f"{name} = 1\n", "src/weather_mlops/model/a.py") == []


def test_parts_of_names():
    assert parts_of("_ReplyCutOff") == ("reply", "cut", "off")
    assert parts_of("HTTPReply2x") == ("http", "reply2x")
    assert parts_of("__A_bC__") == ("a", "b", "c")


def test_positions_count_characters():
    (name,) = names("기온 = 1; found = 2\n")[1:]
    assert (name.text, name.line, name.column) == ("found", 1, 9)
    (name,) = names("class  Long: ...\n")
    assert (name.line, name.column) == (1, 8)
    (name,) = names("async  def  f_def(): ...\n")
    assert (name.text, name.column) == ("f_def", 13)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/weather_mlops/model/ridge.py", ["line"]),
        ("src/weather_mlops/pipelines/formats.py", []),
        ("embedded/a.py", []),
    ],
)
def test_line_is_forbidden_for_the_ridge_only(path, expected):
    assert looked_up("line = 1\n", path) == expected


def test_grid_is_forbidden_for_stations_and_hours_only():
    assert looked_up("grid = 1\n", "src/weather_mlops/model/a.py") == ["grid"]
    assert looked_up("class Grid: ...\n", "src/weather_mlops/monitoring/a.py") == ["Grid"]
    assert looked_up("# a grid of plots\n", "src/weather_mlops/model/a.py") == []
    assert looked_up("grid = 1\n", "simulator/a.py") == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("rounds", "long_history.py"),
        ("patience", "fitting.py"),
        ("rate", "long_history.py"),
        ("block_rate", "long_history.py"),
        ("depth", "long_history.py"),
        ("leaf_rows", "long_history.py"),
        ("columns", "long_history.py"),
        ("rows", "short_history.py"),
        ("bins", "fitting.py"),
    ],
)
def test_settings_of_xgboost_have_its_names(name, path):
    settings = f"class Settings:\n    {name}: int\n"
    assert looked_up(settings, f"src/weather_mlops/model/{path}") == [name]
    assert looked_up(settings, "src/weather_mlops/pages/a.py") == []


@pytest.mark.parametrize(
    "name", ["num_boost_round", "early_stopping_rounds", "learning_rate", "max_depth", "min_child_weight"]
)
def test_names_of_xgboost_are_allowed(name):
    assert looked_up(f"class Settings:\n    {name}: int\n", "src/weather_mlops/model/long_history.py") == []


def test_some_words_are_forbidden_for_functions_only():
    assert looked_up("def mean(): ...\n", "src/weather_mlops/model/features.py") == ["mean"]
    assert looked_up("mean = 1\n", "src/weather_mlops/model/features.py") == []
    assert looked_up("def mean(): ...\n", "src/weather_mlops/monitoring/a.py") == []


def test_constants_with_one_home_are_forbidden_elsewhere():
    assert looked_up("HOUR = 1\n") == ["HOUR"]
    assert looked_up("hour = 1\n") == []
    assert looked_up("from clock import HOUR\n") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/weather_mlops/monitoring/presence.py", ["presence"]),
        ("src/weather_mlops/monitoring/presence/__init__.py", ["presence"]),
        ("src/weather_mlops/monitoring/findings.py", ["findings"]),
        ("src/weather_mlops/pipelines/findings.py", []),
        ("src/weather_mlops/monitoring/completeness.py", []),
        ("docs/presence.md", []),
        ("tests/monitoring/presence.py", []),
        ("embedded/parts.py", ["parts"]),
        ("plugins/operators/measuring.py", ["measuring"]),
    ],
)
def test_a_word_for_modules_is_found_as_the_name_of_one(path, expected):
    assert looked_up("", path) == expected


def test_korean_that_had_to_be_read_twice_is_found():
    assert looked_up("능형 회귀\n", "docs/a.ko.md") == ["1:1"]
    assert looked_up("릿지 회귀\n", "docs/a.ko.md") == []


def test_prose_has_the_lines_and_columns_of_the_source():
    source = 'x = """a\n  b"""  # c\ny = f"d {e} g" + r\'h\'\n'
    prose = prose_of(source)
    assert [len(line) for line in prose.split("\n")] == [len(line) for line in source.split("\n")]
    assert prose.replace(CODE, " ").split() == ["a", "b", "#", "c", "d", "g", "h"]
    assert prose.index("g") == source.index("g")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text('told = 1\nstored = row["told"]\n')
    (tmp_path / "README.md").write_text("Fine.\n")
    return tmp_path


def test_an_exception_allows_a_word_on_its_lines_only(project):
    key = Exemption("told", "src/*.py", "a key of stored documents", '"told"')
    uses, idle = scan.check(project, Table((Word("told", "anywhere", "x"),), (key,)))

    assert [(use.path, use.line, use.column) for use in uses] == [("src/a.py", 1, 1)]
    assert idle == []


def test_files_and_folders_can_be_chosen(project):
    (project / "src.md").write_text("told\n")
    words = Table((Word("told", "anywhere", "x"),))

    def paths(*chosen: str) -> list[str]:
        return sorted({use.path for use in scan.check(project, words, chosen)[0]})

    assert paths("src") == paths("src/a.py") == ["src/a.py"]
    assert paths("README.md") == []
    assert paths() == paths(".") == ["src.md", "src/a.py"]


def test_an_exception_that_allows_nothing_is_reported(project):
    old = Exemption("told", "src/b.py", "a key of stored documents")
    uses, idle = scan.check(project, Table((Word("told", "anywhere", "x"),), (old,)))

    assert len(uses) == 2
    assert idle == [old]
    assert [str(finding).endswith("[stale-exception]") for finding in scan.stale(idle)] == [True]


def test_caches_skipped_files_and_other_formats_are_not_read(project):
    for name in (".venv/a.py", ".run/a.md", "src/__pycache__/a.py", "a.bin", "skipped/a.md", ".github/a.yml"):
        (project / name).parent.mkdir(exist_ok=True, parents=True)
        (project / name).write_text("told\n")
    words = Table((Word("told", "anywhere", "x"),), skipped=("skipped/*",))
    files = [scan.relative(path, project) for path in scan.project_files(project, words)]

    assert files == [".github/a.yml", "README.md", "src/a.py"]


def test_a_finding_has_the_form_of_make_validate():
    (use,) = scan.uses("src/a.py", "x = told\n", entry("told", "anywhere"))
    assert (
        str(use.finding()) == 'src/a.py:1:5: error: "told" in x = told; write another word [wording-anywhere]'
    )


def test_counts_are_by_word_and_room():
    text = "told = told\n"
    uses = [*scan.uses("src/a/x.py", text, SHIPPED), *scan.uses("src/b/x.py", "told = 1\n", SHIPPED)]
    lines = scan.counts(uses).split("\n")

    assert lines[0] == "3 uses of 1 entries in 2 files"
    assert "src/a: 2" in lines
    assert "src/b: 1" in lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('words = [{word="a", kind="other", write="b"}]', "unknown kind 'other'"),
        ('words = [{word="a", kind="name", of=["module"], write="b"}]', "unknown kinds of names"),
        ('words = [{word="a|b", kind="prose", write="b"}]', "brackets"),
        ('words = []\nexceptions = [{word="a", at="*", reason="b"}]', "no word of the table"),
        (
            'words = [{word="a", kind="name", write="b"}]\nexceptions = [{word="a", at="*", reason=""}]',
            "reason",
        ),
        ('words = []\nskipped = [{at="*", reason=""}]', "reason"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path, text, message):
    (tmp_path / "table.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        table.load(tmp_path / "table.toml")


def test_the_command_names_the_place_and_fails(capsys):
    folder = Path(__file__).resolve().parents[2] / "authoring" / "wording"

    assert main(["words", str(folder / "names.py")]) == 0
    assert capsys.readouterr().out == "words: 0 errors in 0 files\n"
