"""Positions of values in a file."""

import pytest

from weather_mlops.pipelines.parser import load

TEXT = """\
# a comment
rain:
  schedule: "0 * * * *"
  tasks:
  - task_id: a
    bash_command: |
      one
      two
    env: {A: x, B:
      y}
  - &b
    task_id: b
  - <<: *b
    pool: kma
"""


@pytest.mark.parametrize(
    ("path", "position", "value"),
    [
        ((), (2, 1), None),
        (("rain",), (2, 1), None),
        (("rain", "schedule"), (3, 3), "0 * * * *"),
        (("rain", "tasks", 0), (5, 5), None),
        (("rain", "tasks", 0, "bash_command"), (6, 5), "one\ntwo\n"),
        (("rain", "tasks", 0, "env", "B"), (9, 17), "y"),
        (("rain", "tasks", 2, "task_id"), (12, 5), "b"),  # where the anchor has it
        (("rain", "tasks", 2, "pool"), (14, 5), "kma"),
        (("rain", "tasks", 9, "nowhere"), (4, 3), None),  # the deepest existing part
    ],
)
def test_a_path_leads_to_its_key(path, position, value):
    document = load(TEXT)

    assert document.position_of(path) == position
    assert document.findings == []
    if value:
        assert document.text_of(path) == value


def test_a_path_leads_to_its_value():
    assert load(TEXT).position_of(("rain", "schedule"), value=True) == (3, 13)


def test_merged_keys_are_what_yaml_makes_of_them():
    assert load(TEXT).data["rain"]["tasks"][2] == {"task_id": "b", "pool": "kma"}


def test_a_key_next_to_a_merge_takes_precedence():
    document = load("a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}\nc: {x: 3, <<: *a}\n")

    assert document.data["b"] == document.data["c"] | {"x": 2} == {"x": 2, "y": 1}
    assert document.findings == []


def test_lines_are_counted_on_through_documents():
    document = load("a: 1\n---\nb: 1\nb: 2\n")

    assert [(finding.line, finding.rule) for finding in document.findings] == [
        (3, "second-document"),
        (4, "duplicate-key"),
    ]
    assert document.following[0].position_of(("b",)) == (4, 1)


def test_columns_are_counted_in_characters():
    assert load("가나: {다: 라, 마: 바}").position_of(("가나", "마")) == (1, 12)
