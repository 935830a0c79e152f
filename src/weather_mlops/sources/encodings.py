"""Decode bytes: UTF-8, UTF-16 and UTF-32, and the Korean code pages."""

import codecs
import re
from typing import Final

_BOMS: Final = (
    # Before UTF-16, whose BOM is the beginning of that of UTF-32.
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF8, "UTF-8 with BOM", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16"),
)
# A superset of EUC-KR. Invalid bytes are preserved, so that only the rows with them are refused.
KOREAN: Final = "cp949"
DAMAGED: Final = "damaged CP949"
DAMAGED_UTF8: Final = "damaged UTF-8"
_LONE: Final = re.compile("[\ud800-\udfff]")
UNREADABLE: Final = "\ufffd"
LOOKED_AT: Final = 4_000
# Without a BOM: in UTF-16 one of the two bytes of an ASCII character is zero, in UTF-32 two of the four of
# any character. Texts in other encodings have no zeros. Korean texts are partly ASCII: spaces, digits, line
# ends.
_WIDE: Final = (
    ("UTF-32", "utf-32-le", 4, (2, 3)),
    ("UTF-32", "utf-32-be", 4, (0, 1)),
    ("UTF-16", "utf-16-le", 2, (1,)),
    ("UTF-16", "utf-16-be", 2, (0,)),
)
_ZEROS: Final = 0.1
_ALL_ZEROS: Final = 0.95
_MOST_ZEROS: Final = 0.7  # the other byte of a few Korean letters, such as 관, is zero


def decoded(body: bytes) -> tuple[str, str]:
    r"""Decode a text, and name its encoding; line ends of an old Mac (``\r`` alone) become ``\n``.

    A text that is neither valid UTF-8 nor valid CP949 is decoded as the one with fewer invalid bytes. These
    become lone surrogates: ``korean`` restores them, and ``whole`` replaces them.
    """
    text, name = _decoded(body)
    return text if "\n" in text else text.replace("\r", "\n"), name


def _decoded(body: bytes) -> tuple[str, str]:
    for bom, name, codec in _BOMS:
        if body.startswith(bom):
            return body.decode(codec, "replace"), name
    if wide := _wide(body[:LOOKED_AT]):
        name, codec = wide
        return body.decode(codec, "replace"), name
    for name, codec in (("UTF-8", "utf-8"), ("CP949", KOREAN)):
        try:
            return body.decode(codec), "ASCII" if body.isascii() else name
        except UnicodeDecodeError:
            if _is_cut_utf8(body):
                break
    utf8, other = body.decode("utf-8", "surrogateescape"), body.decode(KOREAN, "surrogateescape")
    if _is_cut_utf8(body) or len(_LONE.findall(utf8)) < len(_LONE.findall(other)):
        return utf8, DAMAGED_UTF8
    return other, DAMAGED


def _wide(head: bytes) -> tuple[str, str] | None:
    """Detect UTF-16 or UTF-32 without a BOM by the positions of zero bytes: name and codec."""
    zeros = head.count(0)
    for name, codec, width, offsets in _WIDE:
        expected = sum(head[offset::width].count(0) for offset in offsets)
        share = expected / (len(head) * len(offsets) / width) if head else 0
        if width == 4 and share > _ALL_ZEROS:  # noqa: PLR2004  bytes of UTF-32
            return name, codec
        if width == 2 and share > _ZEROS and expected > _MOST_ZEROS * zeros:  # noqa: PLR2004  bytes of UTF-16
            return name, codec
    return None


def _is_cut_utf8(body: bytes) -> bool:
    """Whether bytes are UTF-8 that ends inside a character."""
    try:
        text, read = codecs.utf_8_decode(body, "strict", False)  # noqa: FBT003  not the end
    except UnicodeDecodeError:
        return False
    return read < len(body) and not text.isascii()


def whole(text: str) -> str:
    """Replace lone surrogates, which neither UTF-8 nor a table can hold, by U+FFFD."""
    return _LONE.sub(UNREADABLE, text)


def korean(text: str) -> bytes:
    """Encode a text as the API does; characters that CP949 doesn't have become invalid bytes."""
    try:
        return text.encode(KOREAN, "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(_korean(letter) for letter in text)


def _korean(letter: str) -> bytes:
    try:
        return letter.encode(KOREAN, "surrogateescape")
    except UnicodeEncodeError:
        return b"\xff"
