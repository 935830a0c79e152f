"""Suites are files that people edit: errors in them are reported."""

import pytest

from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from weather_mlops.errors import Misconfigured
from weather_mlops.quality import suites


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        '{"name": ',
        '{"no": 1}',
        '{"name": "a", "expectations": [{"type": "expect_x", "kwargs": {}}]}',
    ],
)
def test_a_broken_suite_is_named_with_the_fix(tmp_path, text):
    if text is not None:
        (tmp_path / "observations.json").write_text(text)

    with pytest.raises(Misconfigured, match=r"observations\.json.*make expectations"):
        suites.load(tmp_path, suites.OBSERVATIONS)
