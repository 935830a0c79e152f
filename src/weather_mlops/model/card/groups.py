"""The tables of a model card by season and by station, with the KMA's forecast on the rows that both have."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from weather_mlops.documents.evaluation import CommonRows, EvaluationDocument
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.card.cells import heat, skill
from weather_mlops.model.card.figures import leads_of, mean, series, skill_over_kma, table_leads
from weather_mlops.model.card.translations import SEASONS, CardTranslator
from weather_mlops.model.card.views import CardPart, Folded
from weather_mlops.pages.components import Table, TableCell, TableRow, Text
from weather_mlops.pages.figures import MISSING, number, percent

ROWS_OPEN: Final = 12  # longer tables fold the rest: on a phone they would bury what follows
Groups = Sequence[tuple[str, Mapping[str, CommonRows]]]
"""Names of the groups, and their figures by lead."""


def seasons(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """When it is worse."""
    leads, unit = leads_of(e), e["unit"]
    codes = sorted(e["seasons"], key=lambda code: [*SEASONS, code].index(code))
    if not codes:
        return [Text(words("card_no_seasons"))]
    shown = table_leads(leads)
    columns = [[series(e["seasons"][code], [lead], "rmse")[0] for code in codes] for lead in shown]
    columns.append([mean(series(e["seasons"][code], leads, "rmse")) for code in codes])
    rows = []
    for code, cells in zip(codes, zip(*heat(columns), strict=True), strict=True):
        crps, bias, coverage = (
            mean(series(e["seasons"][code], leads, name)) for name in ("crps", "bias", "coverage_80")
        )
        means = [number(crps), number(bias, signed=True), percent(coverage, digits=1)]
        rows.append(TableRow(words.season(code), [*cells, *means]))
    titles = ["card_season_column", "card_mean_of_leads", "card_bias", "card_coverage"]
    first, all_leads, bias_title, coverage_title = map(words, titles)
    head = [first, *map(words.lead, shown), all_leads, "CRPS", bias_title, coverage_title]
    table = Table(words("card_by_season", unit=unit), head, rows, words("card_no_figure"))
    groups = [(words.season(code), e["seasons"][code]) for code in codes]
    of_kma = _common_rows(e, words("card_common_seasons", unit=unit), first, groups, words)
    return [table, *([of_kma] if of_kma else [])]


def stations(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """Where it is worse."""
    leads, unit = leads_of(e), e["unit"]
    average = {station: mean(series(by_lead, leads, "rmse")) for station, by_lead in e["stations"].items()}
    if not average:
        return [Text(words("card_no_stations"))]
    order = sorted(average, key=lambda station: (-_or(average[station], -math.inf), int(station)))
    shown = table_leads(leads)
    columns = [[series(e["stations"][station], [lead], "rmse")[0] for station in order] for lead in shown]
    columns.append([average[station] for station in order])
    rows = []
    for station, cells in zip(order, zip(*heat(columns), strict=True), strict=True):
        crps = number(mean(series(e["stations"][station], leads, "crps")))
        persistence = skill(mean([one["skill_persistence"] for one in e["stations"][station].values()]))
        rows.append(TableRow(words.station(int(station)), [*cells, crps, persistence]))
    titles = ["card_station_column", "card_mean_of_leads", "card_skill"]
    first, all_leads, skill_title = map(words, titles)
    table = Table(
        words("card_by_station", unit=unit),
        [first, *map(words.lead, shown), all_leads, "CRPS", skill_title],
        rows,
        words("card_no_figure"),
        ROWS_OPEN,
        words("card_other_stations", n=len(rows) - ROWS_OPEN),
    )
    groups = [(words.station(int(station)), e["stations"][station]) for station in order]
    of_kma = _common_rows(e, words("card_common_stations", unit=unit), first, groups, words)
    return [
        *_range_of_means([value for value in average.values() if value is not None], unit, words),
        table,
        *([Folded(words("card_stations_against_kma"), of_kma)] if of_kma else []),
    ]


def _range_of_means(known: Sequence[float], unit: str, words: CardTranslator) -> list[Text]:
    if not known:
        return []
    low, high, middle = (number(figure, unit) for figure in (min(known), max(known), median(known)))
    return [Text(words("card_range_of_stations", low=low, high=high, n=len(known), median=middle))]


def _common_rows(
    e: EvaluationDocument, caption: str, column: str, groups: Groups, words: CardTranslator
) -> Table | None:
    """Both errors of each group at some leads; None where there are no common rows.

    Args:
        e: the evaluation.
        caption: of the table.
        column: what the groups are, as the title of their column.
        groups: the groups, in the order of the rows.
        words: texts of the language.
    """
    if all(skill_over_kma(one) is None for _, by_lead in groups for one in by_lead.values()):
        return None
    shown = table_leads(leads_of(e))
    rows = []
    for name, by_lead in groups:
        overall = skill(mean([skill_over_kma(one) for one in by_lead.values()]))
        rows.append(TableRow(name, [*(_both(by_lead.get(str(lead))) for lead in shown), overall]))
    over_kma = words("card_skill_over", baseline=words.baseline(KMA_FORECAST))
    head = [column, *map(words.lead, shown), over_kma]
    return Table(caption, head, rows, words("card_no_common_rows"))


def _both(one: CommonRows | None) -> TableCell | str:
    if one is None or one["rmse_kma_forecast"] is None or one["rmse_on_common_rows"] is None:
        return MISSING
    ours, kma = one["rmse_on_common_rows"], one["rmse_kma_forecast"]
    text = f"{number(ours)} / {number(kma)}"
    return TableCell(text, "bad") if ours > kma else text


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
