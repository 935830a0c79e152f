"""Files of a backtest are read as an import reads them."""

import gzip
from datetime import date

import pytest

from tests.model import world
from tests.sources import files
from weather_mlops.__main__ import main
from weather_mlops.errors import Misconfigured
from weather_mlops.model import backtest, backtest_files


def test_one_bad_file_leaves_the_others_to_the_backtest(tmp_path, caplog):
    day = files.hub(*files.hub_rows(range(24))).encode()
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(day)[:40] + b"\xff" * 99)
    (tmp_path / "b.html").write_text("<html></html>")
    (tmp_path / "c.txt").write_bytes(day.decode().encode("utf-16"))
    (tmp_path / "d.csv").write_text(files.portal(*files.portal_rows(range(2), "0.5")))
    observed = backtest_files.observations(sorted(tmp_path.iterdir()), "air_temperature", files.NOW)

    assert observed.refused == 2
    assert "a.txt.gz: a damaged gzip" in caplog.text
    assert "b.html: an HTML page" in caplog.text
    assert observed.rows["air_temperature_c"].to_pylist() == [-0.1] * 24 + [0.5] * 2
    assert observed.rows["sea_level_pressure_hpa"].to_pylist() == [1027.5] * 26


def test_without_any_observations_there_is_no_backtest(tmp_path):
    (tmp_path / "b.html").write_text("<html></html>")

    with pytest.raises(Misconfigured, match="no observations"):
        backtest_files.observations([tmp_path / "b.html"], "air_temperature", files.NOW)


@pytest.mark.usefixtures("quick_training")
def test_a_backtest_measures_the_whole_distribution():
    first_day = date(2026, 2, 7)
    result, card = backtest.backtest(
        world.observed(days=45), "air_temperature", holdout_from=first_day, folds=2, horizon_hours=2
    )

    assert set(result["leads"]) == {"1", "2"}
    for figures in result["leads"].values():
        # At best as good as a right distribution, and no worse than its own middle alone.
        assert 0.5 * figures["mae"] < figures["crps"] < figures["mae"]
    assert "CRPS" in card
    (line,) = backtest.described(result).splitlines()  # of the leads that are shown, there is one
    assert line.startswith(f"  1 h: RMSE {result['leads']['1']['rmse']:.3f} °C, persistence ")
    assert f"; CRPS {result['leads']['1']['crps']:.3f}; " in line


def test_a_lead_without_an_outcome_is_named():
    nothing = dict.fromkeys(("rmse", "rmse_persistence", "rmse_ridge", "crps", "coverage_80"))

    text = backtest.described({"unit": "°C", "leads": {"48": {"n": 0, **nothing}}})
    assert text == " 48 h: no outcome to compare with; test more days\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--holdout-from", "2022-13-01"], "HOLDOUT_FROM is '2022-13-01': write a day as 2020-01-31"),
        (["--holdout-from", "0001-01-01"], "HOLDOUT_FROM is 0001-01-01: name a day from 1904 to 2099"),
        (["--holdout-from", "2024-01-02", "--holdout-to", "9999-12-31"], "HOLDOUT_TO is 9999-12-31"),
        (["--holdout-from", "2024-01-02", "--holdout-to", "2024-01-01"], "HOLDOUT_TO is 2024-01-01, before"),
        (["--holdout-from", "2024-01-02", "--folds", "two"], "FOLDS is 'two': give a number"),
        (["--holdout-from", "2024-07-01"], "is 2024-07-01, and the observations end on 2024-01-03"),
        (["--holdout-from", "2023-07-01"], "and the observations begin on 2024-01-02 (KST)"),
        (["--holdout-from", "2024-01-03"], "to 2024-01-03 (KST) is too short for FOLDS=1"),
        (["--holdout-from", "2024-01-03", "--out", "."], ".: can't be written: Is a directory"),
        (["--holdout-from", "2024-01-03", "--report", "no/a.html"], "there is no folder no"),
    ],
)  # fmt: skip
def test_what_a_backtest_cant_do_is_one_sentence(options, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [*files.hub_rows(range(24)), *files.hub_rows(range(8), day="20240103")]
    (tmp_path / "a.txt").write_text(files.hub(*rows))

    assert main(["backtest", "a.txt", "--out", "out.json", *options]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert sentence in error
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--from", "0001-01-01", "--to", "0001-02-01"], "FROM is 0001-01-01: name a day from 1904 to 2099"),
        (["--from", "9999-12-01"], "FROM is 9999-12-01: name"),
        (["--to", "soon"], "TO is 'soon': write a day as 2020-01-31"),
        (["--from", "2024-02-01", "--to", "2024-01-01"], "TO is 2024-01-01, before FROM, 2024-02-01"),
    ],
)
def test_days_that_a_rebuilding_cant_have_are_one_sentence(options, sentence, capsys):
    assert main(["rebuild", *options]) == 1
    assert sentence in capsys.readouterr().err
    both = ["--from", "2020-01-01", "--to", "2020-01-02", *options]
    assert main(["verify", *both]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("forecasts", "sentence"),
    [
        ("empty_*.csv", "no forecasts: KMA_FORECASTS names files of the portal's 단기예보"),
        ("a_*.csv", "cell 60_127, another file has 102_83 for station 152: import the files of one cell"),
        ("no.csv", "no.csv"),
    ],
)
def test_files_of_forecasts_that_do_not_fit_are_one_sentence(
    forecasts, sentence, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(files.hub(*files.hub_rows(range(24))))
    (tmp_path / "empty_T3H.csv").write_text("")
    for cell in ("102_83", "60_127"):
        lines = f" format: day,hour,forecast,value  location:{cell} Start : 20240101\n 1,0200,+4,1.5\n"
        (tmp_path / f"a_T3H_{cell}.csv").write_text(lines)
    options = ["--holdout-from", "2024-01-02", "--kma-forecasts", forecasts, "--station", "152"]

    assert main(["backtest", "a.txt", "--out", "out.json", *options]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert sentence in error
    assert not (tmp_path / "out.json").exists()
