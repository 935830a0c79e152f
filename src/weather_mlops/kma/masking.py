"""Text without the key of an API, however it is spelled: plain, JSON, XML or HTML, escaped once or often."""

import html
import re
from typing import Final
from urllib.parse import quote, quote_plus

SECRET_PARAMETERS: Final = frozenset({"authkey", "servicekey"})
"""Names of the key, in lower case: of the KMA API Hub, and of data.go.kr."""
_ESCAPED: Final = r"%(?:25)*"
"""How an escape of a URL begins, also where it was escaped again."""
_AROUND: Final = rf"(?:[\s\"'\\]|{_ESCAPED}(?:2[027]|5C)|&(?:quot|apos|#34|#39|#x2[27]);|u002[27])"
_BETWEEN: Final = rf"(?:[=:>]|{_ESCAPED}3[ADE]|&(?:gt|#6[12]|#58|#x3[ade]);|u003[ade])"
_END: Final = rf"[\s\"'<>\\&]|{_ESCAPED}2[26]"
_KEY: Final = re.compile(
    rf"((?:auth|service)_?key{_AROUND}{{0,8}}{_BETWEEN}{_AROUND}{{0,8}})(?:(?!{_END}).)+", re.IGNORECASE
)


def masked(text: str) -> str:
    """The same with ``***`` for each value that stands behind a key's name."""
    return _KEY.sub(r"\1***", text)


def spellings(key: str) -> set[str]:
    """A key as it is, and as it is escaped in queries, JSON and HTML."""
    queries = {quote(key, safe=""), quote_plus(key), quote(key)}
    lower = {re.sub("%..", lambda escape: escape[0].lower(), query) for query in queries}
    return {key, *queries, *lower, key.replace("/", "\\/"), html.escape(key)}
