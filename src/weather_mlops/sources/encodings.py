"""Bytes to text: UTF-8, UTF-16 as Windows writes it, and the Korean code pages."""

import codecs
import re
from typing import Final

_BOMS: Final = (
    # Before UTF-16, whose mark begins the one of UTF-32.
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF8, "UTF-8 with BOM", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16"),
)
# A superset of EUC-KR. What it can't read is kept as it is, so that only the rows with it are refused.
KOREAN: Final = "cp949"
DAMAGED: Final = "damaged CP949"
DAMAGED_UTF8: Final = "damaged UTF-8"
_LONE: Final = re.compile("[\ud800-\udfff]")
UNREADABLE: Final = "\ufffd"
LOOKED_AT: Final = 4_000
# Without a BOM: in UTF-16 one of the two bytes of an ASCII letter is zero, in UTF-32 two of the four of any
# letter. No text in another encoding has a zero. Of a Korean text a part is ASCII: spaces, digits, line ends.
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
    r"""Text, and the name of its encoding; lines of an old Mac (``\r`` alone) end as others do.

    What is neither UTF-8 nor CP949 throughout comes back as the one that reads more of it, with the
    bytes that can't be read as lone surrogates: ``korean`` gives them back, and ``whole`` marks them.
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
    """UTF-16 or UTF-32 without a mark, by where the zeros are: name and codec."""
    zeros = head.count(0)
    for name, codec, width, places in _WIDE:
        there = sum(head[place::width].count(0) for place in places)
        share = there / (len(head) * len(places) / width) if head else 0
        if width == 4 and share > _ALL_ZEROS:  # noqa: PLR2004  bytes of UTF-32
            return name, codec
        if width == 2 and share > _ZEROS and there > _MOST_ZEROS * zeros:  # noqa: PLR2004  bytes of UTF-16
            return name, codec
    return None


def _is_cut_utf8(body: bytes) -> bool:
    """Whether bytes are UTF-8 that ends inside a letter."""
    try:
        text, read = codecs.utf_8_decode(body, "strict", False)  # noqa: FBT003  not the end
    except UnicodeDecodeError:
        return False
    return read < len(body) and not text.isascii()


def whole(text: str) -> str:
    """Text without lone surrogates, which neither UTF-8 nor a table can hold: each is U+FFFD instead."""
    return _LONE.sub(UNREADABLE, text)


def korean(text: str) -> bytes:
    """Text as the API sends it; a letter that CP949 doesn't have becomes a byte that can't be read."""
    try:
        return text.encode(KOREAN, "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(_korean(letter) for letter in text)


def _korean(letter: str) -> bytes:
    try:
        return letter.encode(KOREAN, "surrogateescape")
    except UnicodeEncodeError:
        return b"\xff"
