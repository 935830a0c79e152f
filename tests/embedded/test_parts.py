"""What `make run` tells the parts that it starts."""

import re

from embedded.parts import PROJECT, code_revision


def test_a_model_s_record_can_say_which_code_made_it():
    told = code_revision()
    assert re.match(r"\S+", told) or not (PROJECT / ".git").exists()


def test_without_git_nothing_is_made_up(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_revision() == ""
