"""Files that are named in a variable of make."""

import pytest

from embedded.commands import named_files
from embedded.services import ServiceError


@pytest.mark.parametrize(
    ("text", "names"),
    [("", []), ("a.txt *.csv", ["a.txt", "*.csv"]), ("'a b.csv' c", ["a b.csv", "c"])],
)
def test_names_are_split_as_in_a_shell(monkeypatch, text, names):
    monkeypatch.setenv("FILES", text)

    assert named_files("FILES") == names


def test_a_file_with_a_space_or_a_quote_in_its_name_is_one(monkeypatch, tmp_path):
    path = tmp_path / "O'Neil's ASOS (1).csv"
    path.touch()
    monkeypatch.setenv("FILES", str(path))

    assert named_files("FILES") == [str(path)]


def test_an_open_quote_is_named(monkeypatch):
    monkeypatch.setenv("FILES", "O'Neil.csv")

    with pytest.raises(ServiceError, match=r"FILES=O'Neil\.csv.*in quotes"):
        named_files("FILES")
