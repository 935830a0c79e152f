"""Recorded rows from a folder, served verbatim."""

import gzip
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Final

from simulator import clock

PATTERNS: Final = ("kma_sfctm*.txt", "kma_sfctm*.txt.gz")
_STAMP: Final = slice(0, 12)
_STATION: Final = slice(12, 16)


class Recording:
    """A source of recorded rows: every file of a folder in the wire format, indexed at the start.

    Attributes:
        count: number of rows.
    """

    def __init__(self, folder: Path) -> None:
        """Read the folder.

        Raises:
            ValueError: it contains no rows, or an invalid line.
        """
        self._hours: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for file in sorted(file for pattern in PATTERNS for file in folder.glob(pattern)):
            self._read(file)
        if not self._hours:
            raise ValueError(
                f"no rows in {folder}: there is no file {' or '.join(PATTERNS)} with observations"
            )
        for rows in self._hours.values():
            rows.sort(key=lambda row: row[0])
        self._sorted = sorted(self._hours)
        self.count = sum(map(len, self._hours.values()))

    def _read(self, file: Path) -> None:
        data = file.read_bytes()
        lines = (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines(keepends=True)
        hours: dict[bytes, int] = {}
        for number, line in enumerate(lines, start=1):
            if line.startswith(b"#") or not line.strip():
                continue
            stamp = line[_STAMP]
            try:
                if stamp not in hours:
                    hours[stamp] = clock.parse_tm(stamp.decode())
                self._hours[hours[stamp]].append((int(line[_STATION]), line))
            except ValueError as error:
                raise ValueError(f"{file}:{number}: not a row of observations: {error}") from None

    def newest(self, now: float) -> int:
        """Return the newest hour of the folder up to ``now``."""
        past = [hour for hour in (self._sorted[0], *self._sorted) if hour <= now]
        return past[-1] if past else int(now)

    def rows(self, begin: int, end: int, stations: Collection[int], now: float) -> list[bytes]:
        """Return the rows of the hours ``begin`` to ``end``; see ``simulated.Source``."""
        ids = frozenset(stations)
        end = min(end, int(now))
        return [
            line
            for hour in range(begin, end + 1)
            for station, line in self._hours.get(hour, ())
            if not ids or station in ids
        ]
