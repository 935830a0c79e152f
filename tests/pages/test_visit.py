"""Links lead to the same page from wherever they are."""

from urllib.parse import urljoin

import pytest

from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit


@pytest.mark.parametrize(
    ("page", "root"),
    [("", ""), ("models", ""), ("quality/2026-12-01", "../"), ("forecasts/air_temperature/108", "../../")],
)
def test_a_link_leads_to_the_same_page_from_every_depth(page, root):
    base, visit = "https://airflow.example/prefix/weather/", Visit(Language("en"), root)

    assert urljoin(f"{base}{page}", visit.to("")) == base
    assert urljoin(f"{base}{page}", visit.to("alerts")) == f"{base}alerts"
