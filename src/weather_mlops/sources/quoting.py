"""Words of a file in a message: few, on one line, and without a key."""

from typing import Final

from weather_mlops.kma.masking import masked

FIRST_WORDS: Final = 60
LOOKED_AT: Final = 2_000
# Python has bytes of a file's name that are no letter as these.
_ESCAPED_BYTES: Final = (0xDC80, 0xDCFF)


def escaped(name: str) -> str:
    """A name of a file on one line: what can't be printed, and bytes that are no letter, as escapes.

    A key in it is masked: wget names what it saves by the address.
    """
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in masked(name))


def _escape(letter: str) -> str:
    code = ord(letter)
    is_byte = _ESCAPED_BYTES[0] <= code <= _ESCAPED_BYTES[1]
    return f"\\x{code & 0xFF:02x}" if is_byte else letter.encode("unicode_escape").decode("ascii")


def quoted(text: object, length: int = FIRST_WORDS) -> str:
    """How a text begins; a key that it names is masked, and what can't be printed is a question mark."""
    words = masked(" ".join(str(text)[:LOOKED_AT].split()))
    shown = "".join(letter if letter.isprintable() else "?" for letter in words)
    return shown[:length] + ("…" if len(shown) > length else "")
