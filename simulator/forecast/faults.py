"""What can go wrong with the forecast's endpoints on purpose: on one or all, for one or all issues."""

import random
import re
from dataclasses import dataclass
from typing import Final

from simulator import clock

LATE_H: Final = 2.0  # by which a late issue comes after the time that it should be out
ENDPOINTS: Final = ("api_hub", "data_go_kr", "grid")
NAMES: Final = (
    "forecast-late",  # out two hours after it should be
    "forecast-missing",  # never out: no data, or a grid of -99
    "forecast-partial",  # half of the hours; of a grid, half of the cells
    "forecast-shrinking",  # some hours are taken back between the first page and the second
    "forecast-429",  # too many requests at once
    "forecast-xml",  # the gateway's error as XML with HTTP 200
    "forecast-quota",  # the day's requests are used up
    "forecast-wrong-key",
    "forecast-unapproved",
    "forecast-empty",  # HTTP 200 without a body
)
USAGE: Final = (
    f"one of {', '.join(NAMES)}, with @{' or @'.join(ENDPOINTS)} for one endpoint alone, "
    ":issue=YYYYMMDDHH (KST), :rate=0.3 and :call=5 or :call=5-8 if you like"
)
_FAULT: Final = re.compile(
    r"(?P<name>forecast-[a-z0-9-]+)(?:@(?P<endpoint>\w+))?"
    r"(?::issue=(?P<issue>\d{10}))?(?::rate=(?P<rate>\d(?:\.\d+)?))?"
    r"(?::call=(?P<first>\d+)(?P<span>-(?P<last>\d+)?)?)?"
)


@dataclass(frozen=True)
class ForecastFault:
    """One ``--fault`` of the forecast.

    Attributes:
        name: of NAMES.
        endpoint: that it befalls; None = all.
        issue: that it befalls, as an hour; None = all.
        rate: share of the calls that it befalls.
        first: number of the first call that it can befall; calls of all endpoints are counted, from 1.
        last: number of the last one; None = no end.
    """

    name: str
    endpoint: str | None = None
    issue: int | None = None
    rate: float = 1
    first: int = 1
    last: int | None = None

    @classmethod
    def parse(cls, text: str) -> "ForecastFault":
        """Read one.

        Raises:
            ValueError: saying what is allowed.
        """
        match = _FAULT.fullmatch(text)
        if (
            match is None
            or match["name"] not in NAMES
            or match["endpoint"] not in {None, *ENDPOINTS}
            or float(match["rate"] or 1) > 1
        ):
            raise ValueError(f"can't read {text!r}: write {USAGE}")
        first = int(match["first"] or 1)
        endless = not match["first"] or (match["span"] and not match["last"])
        return cls(
            match["name"],
            match["endpoint"],
            clock.parse_tm(match["issue"]) if match["issue"] else None,
            float(match["rate"] or 1),
            first,
            None if endless else int(match["last"] or first),
        )

    def hits(self, endpoint: str, issue: int | None, call: int, seed: int) -> bool:
        """Whether a call suffers from it; the same calls for the same seed.

        Args:
            endpoint: of ENDPOINTS.
            issue: that is requested; None where the request names none.
            call: number of it.
            seed: of the faults.
        """
        if self.endpoint not in {None, endpoint} or self.issue not in {None, issue}:
            return False
        if call < self.first or (self.last is not None and call > self.last):
            return False
        return self.rate >= 1 or random.Random(f"{seed}/{self.name}/{call}").random() < self.rate
