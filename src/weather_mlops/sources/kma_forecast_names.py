"""Which variable a file of the portal's forecast has: its name says so, in Korean or by KMA's code."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from weather_mlops.errors import FileRefused
from weather_mlops.kma.forecast.rows import BY_CATEGORY
from weather_mlops.sources.quoting import quoted

# As the portal names its files: 남목1동_3시간기온_201601_201612.csv.
KOREAN: Final[Mapping[str, str]] = {
    "3시간기온": "T3H",
    "1시간기온": "TMP",
    "습도": "REH",
    "풍속": "WSD",
    "풍향": "VEC",
    "하늘상태": "SKY",
    "일최고기온": "TMX",
    "일최저기온": "TMN",
    "강수확률": "POP",
    "강수형태": "PTY",
    "1시간강수량": "PCP",
    "1시간적설": "SNO",
}
_CODE: Final = re.compile(rf"(?<![A-Z0-9])({'|'.join(BY_CATEGORY)})(?![A-Z0-9])", re.IGNORECASE)
_SPACES: Final = re.compile(r"[\s_]+")


def category_of(name: str) -> str:
    """KMA's name of the variable of a file, ``TMP``.

    Args:
        name: of the file; a folder or a zip before it doesn't count.

    Raises:
        FileRefused: the name has none, or several.
    """
    last = re.split(r"[/\\:]", unicodedata.normalize("NFC", name))[-1]
    plain = _SPACES.sub("", last)
    categories = {category for label, category in KOREAN.items() if label in plain}
    categories |= {match.upper() for match in _CODE.findall(last.replace("_", " "))}
    if len(categories) == 1:
        return categories.pop()
    what = f"several variables ({', '.join(sorted(categories))})" if categories else "no variable"
    raise FileRefused(
        f"the file's name {quoted(last)!r} has {what}, and nothing in the file says which one it holds: name "
        "it as the portal does (with 1시간기온, 습도, 일최고기온), or with KMA's code, such as 60_127_TMP.csv"
    )
