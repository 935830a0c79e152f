"""Convert typed columns of the wire format to canonical ones: units, missing markers, UTC, rain periods."""

from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import DAY, HOUR, KST_AHEAD_HOURS
from weather_mlops.variables import UNSIGNED_SENTINEL_BANDS, Variable

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
KST_AHEAD: Final = pa.scalar(KST_AHEAD_HOURS * HOUR, pa.duration("us"))
DAY_DURATION: Final = pa.scalar(DAY, pa.duration("us"))
MOMENT: Final = pa.scalar(1, pa.duration("us"))
APRIL, OCTOBER = 4, 10
# The highest number of all bands: for most columns, checking the lowest value is enough.
NO_SENTINEL_ABOVE: Final = max(high for _, high in UNSIGNED_SENTINEL_BANDS)
# Marker of numbers in a column of text; no text of the KMA begins like it.
SENTINEL_TEXT: Final = r"^-9[0-9]*(\.[0-9]*)?$"


def local_times(tokens: pa.Array) -> pa.Array:
    """Convert valid numbers YYYYMMDDHHmm to local timestamps: in KST, but labelled UTC."""
    digits = tokens.to_numpy(zero_copy_only=False)
    months = (digits // 10**8 - 1970) * 12 + digits // 10**6 % 100 - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (digits // 10**4 % 100 - 1)
    minutes = digits // 100 % 100 * 60 + digits % 100
    micros = days.astype("datetime64[us]").astype(np.int64) + minutes * 60_000_000
    return pa.array(micros, pa.int64()).cast(TIMESTAMP)


def utc(local: pa.Array) -> pa.Array:
    """Convert local timestamps (in KST, but labelled UTC) to UTC."""
    return pc.subtract(local, KST_AHEAD)


def canonical(variable: Variable, tokens: pa.Array, local: pa.Array) -> pa.Array:
    """Convert a column to its canonical unit; null where it has a missing marker.

    Args:
        variable: the column.
        tokens: values of the typed reader.
        local: times of the rows, from ``local_times``.
    """
    if variable.kind == "text":
        markers = pc.match_substring_regex(tokens, SENTINEL_TEXT)
        return _blank(tokens, pc.or_(pc.is_in(tokens, pa.array(variable.missing)), markers))
    # "-9", "-9.0" and "-9.00" are one number.
    markers = {float(marker) for marker in variable.missing}
    are_missing = [pc.equal(tokens, pa.scalar(marker, tokens.type)) for marker in markers]
    values = observed(variable, _blank(tokens, reduce(pc.or_, are_missing)))
    if variable.kind == "clock":
        return _clock(values, local)
    return pc.multiply(values, pa.scalar(int(variable.scale), tokens.type)) if variable.scale != 1 else values


def observed(variable: Variable, values: pa.Array) -> pa.Array:
    """Set numbers of a column to null that are sentinels of any endpoint (``Variable.sentinel_bands``)."""
    if not len(values) or (lowest := pc.min(values).as_py()) is None or lowest > NO_SENTINEL_ABOVE:
        return values
    inside = [
        pc.and_(pc.greater(values, pa.scalar(low)), pc.less_equal(values, pa.scalar(high)))
        for low, high in variable.sentinel_bands
    ]
    return _blank(values, pc.fill_null(reduce(pc.or_, inside), fill_value=False))


def _blank(values: pa.Array, where: pa.Array) -> pa.Array:
    return pc.if_else(where, pa.scalar(None, values.type), values)


def _clock(hhmm: pa.Array, local: pa.Array) -> pa.Array:
    """Convert HHMM (KST) to the latest such time, UTC, that is not after the observation."""
    hours = pc.divide(hhmm, 100)
    minutes = pc.subtract(hhmm, pc.multiply(hours, 40))
    offset = pc.multiply(minutes.cast(pa.int64()), 60_000_000).cast(pa.duration("us"))
    moment = pc.add(pc.floor_temporal(local, unit="day"), offset)
    return utc(pc.if_else(pc.greater(moment, local), pc.subtract(moment, DAY_DURATION), moment))


def precipitation_period(local: pa.Array) -> pa.Array:
    """Hours that RN covers: 1 from April to October, 3 at the 3-hour marks from November to March.

    The season is that of the hour which ends at the row's time: 00:00 of 1 April still covers 3 hours of
    March, 01:00 is the first row of one hour; 00:00 of 1 November is the last one.

    In 70,974 rows of Seoul, Andong and Daegu, 2018 to 2020, none from November to March has an RN apart from
    the 3-hour marks (03:00 of 31 March 2019 has one, 01:00 and 02:00 have none), and from April to October
    any hour may have an RN (04:00 of 1 April 2020). It was dry there at 00:00 of each 1 April and 1 November,
    so the rule for that one row follows from the hours that it covers, not from a measurement.
    """
    month = pc.month(pc.subtract(local, MOMENT))
    summer = pc.and_(pc.greater_equal(month, APRIL), pc.less_equal(month, OCTOBER))
    hour = pc.hour(local)
    mark = pc.equal(pc.subtract(hour, pc.multiply(pc.divide(hour, 3), 3)), 0)
    winter = pc.if_else(mark, pa.scalar(3, pa.int32()), pa.scalar(None, pa.int32()))
    return pc.if_else(summer, pa.scalar(1, pa.int32()), winter)
