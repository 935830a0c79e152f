"""Settings of a long history: how they depend on the lead and on the number of rows."""

from dataclasses import asdict, dataclass, replace
from typing import Final

from weather_mlops.model.fitting import COMMON, Boosting

_STORED_NAMES: Final = {
    "num_boost_round": "rounds",
    "learning_rate": "rate",
    "max_depth": "depth",
    "min_child_weight": "leaf_rows",
    "colsample_bytree": "columns",
    "subsample": "rows",
    "max_bin": "bins",
}


@dataclass(frozen=True)
class LongHistorySettings:
    """How a lead is trained. The defaults were chosen on folds of years before the holdout.

    Attributes:
        num_boost_round: boosting rounds; a half or a quarter of them is kept where that forecasts better.
        learning_rate: of the trees.
        max_depth: of a tree.
        min_child_weight: least rows in a leaf.
        reg_lambda: penalty on the values of leaves.
        colsample_bytree: share of the features that a tree may use.
        subsample: share of the rows that a tree sees.
        max_bin: bins of a feature's histogram.
        near_leads: leads up to this one (hours) gain most from all rows and from many small steps: other
            boosters than those of the blocks forecast them.
        near_boosters: number of these boosters.
        near_num_boost_round: their boosting rounds.
        near_learning_rate: of their trees.
        near_blocks: number of blocks of near leads.
        far_leads: leads beyond this one (hours) gain nothing from many and deep trees.
        far_num_boost_round: their boosting rounds.
        far_max_depth: of their trees.
        blocks: number of blocks, and of boosters.
        booster_rows: upper limit of rows that a booster is trained on, sampled again for each booster.
        many_rows: a sample of more rows has other limits, so that years of all stations stay affordable.
        many_blocks: number of blocks, and of boosters, of such a sample.
        many_booster_rows: upper limit of rows of their boosters.
        many_far_booster_rows: the same for far leads, which gain nothing from more.
        held_out_rows: upper limit of rows that are forecast without having been seen.
        error_rows: upper limit of those that the error scale is learned from.
        ridge_rows: upper limit of rows that the ridge is fitted on.
        ridge_penalty: see ``Ridge.fit``.
    """

    num_boost_round: int = 300
    learning_rate: float = 0.05
    max_depth: int = 8
    min_child_weight: int = 10
    reg_lambda: float = 30
    colsample_bytree: float = 0.3
    subsample: float = 0.8
    max_bin: int = 32
    near_leads: int = 3
    near_boosters: int = 3
    near_num_boost_round: int = 650
    near_learning_rate: float = 0.03
    near_blocks: int = 4
    far_leads: int = 12
    far_num_boost_round: int = 200
    far_max_depth: int = 6
    blocks: int = 6
    booster_rows: int = 60_000
    many_rows: int = 200_000
    many_blocks: int = 4
    many_booster_rows: int = 40_000
    many_far_booster_rows: int = 20_000
    held_out_rows: int = 60_000
    error_rows: int = 30_000
    ridge_rows: int = 150_000
    ridge_penalty: float = 0.5

    def of_lead(self, lead: int, rows: int) -> "LongHistorySettings":
        """Adapt the settings to a lead and a number of rows."""
        adapted = self
        if rows > self.many_rows:
            most = self.many_far_booster_rows if lead > self.far_leads else self.many_booster_rows
            adapted = replace(self, blocks=self.many_blocks, booster_rows=most)
        if lead > self.far_leads:
            return replace(adapted, num_boost_round=self.far_num_boost_round, max_depth=self.far_max_depth)
        return adapted if lead > self.near_leads else replace(adapted, blocks=self.near_blocks)

    def of_all_rows(self, share: float) -> "LongHistorySettings":
        """The settings of a near lead's boosters of all rows, by the share of the rounds that is enough."""
        return replace(
            self,
            num_boost_round=round(self.near_num_boost_round * share),
            learning_rate=self.near_learning_rate,
        )

    @property
    def num_boost_rounds(self) -> list[int]:
        """The numbers of boosting rounds to choose from."""
        return sorted({max(self.num_boost_round // part, 1) for part in (1, 2, 4)})

    def boosting(self, seed: int) -> Boosting:
        """The settings as XGBoost's parameters."""
        parameters = {
            **COMMON,
            "eta": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "lambda": self.reg_lambda,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "max_bin": self.max_bin,
            "seed": seed,
        }
        return Boosting(self.num_boost_round, parameters)

    def stored(self) -> dict[str, int | float]:
        """The settings under the names that stored models have: the config hash is computed from them."""
        return {_STORED_NAMES.get(name, name): value for name, value in asdict(self).items()}
