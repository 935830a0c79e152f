"""Quote texts of files in messages: short, on one line, and without a key."""

from typing import Final

from weather_mlops.kma.masking import masked

FIRST_WORDS: Final = 60
LOOKED_AT: Final = 2_000
# Surrogates by which Python represents undecodable bytes of file names.
_ESCAPED_BYTES: Final = (0xDC80, 0xDCFF)


def escaped(name: str) -> str:
    """A file's name on one line, with escapes for unprintable characters and undecodable bytes.

    A key in it is masked: wget names files by their URL.
    """
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in masked(name))


def _escape(letter: str) -> str:
    code = ord(letter)
    is_byte = _ESCAPED_BYTES[0] <= code <= _ESCAPED_BYTES[1]
    return f"\\x{code & 0xFF:02x}" if is_byte else letter.encode("unicode_escape").decode("ascii")


def quoted(text: object, length: int = FIRST_WORDS) -> str:
    """The beginning of a text, with a masked key, and question marks for unprintable characters."""
    words = masked(" ".join(str(text)[:LOOKED_AT].split()))
    shown = "".join(letter if letter.isprintable() else "?" for letter in words)
    return shown[:length] + ("…" if len(shown) > length else "")
