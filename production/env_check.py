"""Checks of .env, for `make secrets`. Standard library only; any Python 3.9+.

Docker compose reads a value literally only between single quotes: elsewhere a ``$`` begins the name of a
variable, and a ``#`` after a space a comment. Most passwords may contain any character; some are put into
JSON or into a list, where a few characters have a meaning.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from typing import Final

SECRETS: Final = re.compile(r".*(KEY|SECRET|PASSWORD|PASSPHRASE|TOKEN)(_ID)?$")
LINE: Final = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_EXPANDED: Final = "Airflow reads it as a variable, which may differ between its services"
# Name → characters that its value can't contain, and why.
FORBIDDEN: Final[Mapping[str, tuple[str, str]]] = {
    "KMA_AUTH_KEY": ('"\\', "it is put into the JSON of an Airflow connection"),
    "DATA_GO_KR_KEY": ('"\\', "it is put into the JSON of an Airflow connection"),
    "MONITORING_PASSWORD": ('"\\', "it is put into the JSON of an Airflow connection"),
    "FLOWER_PASSWORD": (",", "Flower reads it as a list of users"),
    "JWT_SECRET": ("$", _EXPANDED),
    "API_SECRET_KEY": ("$", _EXPANDED),
}
_NAMES: Final[Mapping[str, str]] = {
    '"': "a double quote",
    "\\": "a backslash",
    ",": "a comma",
    "$": "a dollar sign",
}
_QUOTE_IT: Final = "put the value between single quotes"
_VARIABLE: Final = re.compile(r"(?<!\$)(?:\$\$)*\$(?!\$|\{\w+\})")
_COMMENT: Final = re.compile(r"(?:^|\s)#")
_FERNET_BYTES: Final = 32


def assignments(text: str) -> dict[str, str]:
    """Return the raw value of each variable, quotes included; the last line of a name counts."""
    return dict(LINE.findall(text))


def faults(text: str) -> list[str]:
    """Return what is wrong in a file's text, one line each: the variable, why, and the fix; never a value."""
    return [f"{name}: {fault}" for name, raw in assignments(text).items() for fault in _faults(name, raw)]


def forbidden(name: str, value: str) -> str:
    """Return which character of a value its variable can't contain, and why; empty if there is none."""
    characters, reason = FORBIDDEN.get(name, ("", ""))
    first = next((character for character in characters if character in value), "")
    return f"{_NAMES[first]} cannot stand in it: {reason}. Choose another one" if first else ""


def _faults(name: str, raw: str) -> Iterator[str]:
    if name == "WEATHER_BUCKET" and "://" in raw:
        yield "this is a URL: write the bucket's name alone, or with a folder in it: my-bucket/my/folder"
    if name == "AWS_ENDPOINT_URL" and raw and not re.match(r"['\"]?https?://", raw):
        yield "the scheme is missing: write https:// or http:// before the server's name"
    if not SECRETS.fullmatch(name):
        return
    fault = _unreadable(raw)
    if fault:
        yield fault
        return
    fault = forbidden(name, _value(raw))
    if fault:
        yield fault
    if name == "FERNET_KEY" and raw and not all(map(_is_fernet_key, _value(raw).split(","))):
        yield (
            "this is not a Fernet key, which is 32 bytes in URL-safe base64: on a new system delete the line "
            "and run make secrets again, on another one put the old key back"
        )


def _unreadable(raw: str) -> str:
    """Return why compose wouldn't read the value literally, and the fix; empty if it would."""
    quote = raw[:1]
    if quote not in ("'", '"'):
        if _COMMENT.search(raw):
            return f"a # after a space begins a comment: {_QUOTE_IT}"
        return f"a $ begins the name of a variable: {_QUOTE_IT}" if _VARIABLE.search(raw) else ""
    inside = re.match(rf"{quote}((?:\\.|[^\\{quote}])*){quote}(.*)", raw)
    if inside is None:
        return "its quote is not closed on the same line; a backslash before the last quote keeps it open"
    if inside[2] and not re.match(r"\s+#", inside[2]):
        return f"it continues after its closing quote: write a {quote} in it as \\{quote}"
    if quote == '"' and _VARIABLE.search(re.sub(r"\\.", "", inside[1])):
        return f"a $ between double quotes begins the name of a variable: {_QUOTE_IT}"
    return ""


def _value(raw: str) -> str:
    """Return the value of a line that passed ``_unreadable``."""
    quote = raw[:1]
    if quote not in ("'", '"'):
        return raw.replace("$$", "$")
    inside = re.match(rf"{quote}((?:\\.|[^\\{quote}])*){quote}", raw)
    content = inside[1] if inside else ""
    if quote == "'":
        return content.replace("\\'", "'")
    return re.sub(r'\\(["\\$])', r"\1", content)


def _is_fernet_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text)) == _FERNET_BYTES
    except ValueError:
        return False
