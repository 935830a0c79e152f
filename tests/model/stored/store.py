"""Store a small booster of the installed XGBoost, rows, and its forecast of them: for test_stored.py.

``python tests/model/stored/store.py``, once for each XGBoost that requirements.txt names: one on Python 3.11,
another one on 3.12 and later. To be done again when requirements.txt names a newer one.
"""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
ROWS, SHOWN = 600, 40
# As in weather_mlops/model/training.py, but for the size.
PARAMETERS = {
    "tree_method": "hist",
    "objective": "reg:squarederror",
    "eta": 0.15,
    "max_depth": 4,
    "min_child_weight": 10,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "lambda": 5,
    "max_bin": 32,
    "nthread": 1,
    "seed": 7,
}


def main() -> None:
    """Train on made-up rows, some values of which are missing, and store."""
    import xgboost

    source = np.random.default_rng(1)
    values = source.normal(size=(ROWS, 8)).round(3).astype(np.float32)
    change = (values[:, 0] + np.sin(3 * values[:, 1]) * values[:, 2]).astype(np.float32)
    values[source.random(values.shape) < 0.05] = np.nan
    matrix = xgboost.QuantileDMatrix(values, change, max_bin=PARAMETERS["max_bin"], nthread=1)
    booster = xgboost.train(PARAMETERS, matrix, num_boost_round=25)
    shown = values[:SHOWN]
    told = {
        "xgboost": xgboost.__version__,
        "rows": [[None if np.isnan(value) else float(value) for value in row] for row in shown],
        "forecast": booster.inplace_predict(shown).tolist(),
        "gain": booster.get_score(importance_type="total_gain"),
    }
    name = f"xgboost_{xgboost.__version__}"
    (FOLDER / f"{name}.ubj").write_bytes(booster.save_raw("ubj"))
    (FOLDER / f"{name}.json").write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
