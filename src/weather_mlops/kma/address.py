"""Check the API's URL and key; messages show nothing of them that may be secret."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from weather_mlops.errors import Misconfigured

EXAMPLE: Final = "https://apihub.kma.go.kr/api/typ01/url"
# A shorter text may occur elsewhere by chance, and can't be a real key.
SHORTEST_KEY: Final = 8
_SETTINGS: Final = "KMA_API_URL, or in Airflow the host of the connection kma_default"
# Scheme, host and port, folders. Nothing else is allowed: no query, login, fragment or space.
_URL: Final = re.compile(r"https?://(\[[0-9a-f:.]+\]|[\w.-]+)(:[0-9]{1,5})?((/[\w.~-]+)*)", re.IGNORECASE)
# A label of a host name; names of containers have underscores. A trailing dot is DNS's root.
_LABEL: Final = re.compile(r"\w([\w-]{0,61}\w)?")
_LONGEST_HOST: Final = 253
# Another parameter after the key, from a query that was copied whole.
_NEXT_PARAMETER: Final = re.compile(r"&\w+=")
# Characters that copying and configuration files leave around a key; a key never has them.
_NOT_OF_A_KEY: Final = re.compile(r"[^!-~]|[\"'`<>\\]|^[=?&]")
_ENDPOINT: Final = re.compile(r"(kma|stn|nph|sfc|awsh?)[_-].*|.*\.[a-z]{2,5}\d?", re.IGNORECASE)


def with_key(url: str, key: str) -> str:
    """Return the URL as ``base_url`` does, checked together with its key.

    Args:
        url: from the settings.
        key: of the API Hub, without spaces around it.

    Raises:
        Misconfigured: one of the two is missing, holds the other, or is invalid. The message shows neither.
    """
    if not url.strip() or not key:
        raise Misconfigured(
            f"the KMA API has no {'key' if url.strip() else 'URL'}: set KMA_AUTH_KEY and KMA_API_URL, or in "
            "Airflow the connection kma_default (host = URL, password = key). Keys: apihub.kma.go.kr"
        )
    check_key(key)
    if len(key) >= SHORTEST_KEY and key in url:
        raise Misconfigured(
            f"the KMA API's URL holds the key: set {_SETTINGS}, to {EXAMPLE}, and the key separately"
        )
    return base_url(url)


def check_key(key: str) -> None:
    """Make sure that a key is just the key.

    Args:
        key: without spaces around it.

    Raises:
        Misconfigured: it is a URL, has other parameters, or has characters that no key has. The message
            doesn't show it.
    """
    where = "set KMA_AUTH_KEY, or the password of the connection kma_default,"
    if "://" in key or "authkey=" in key.lower():
        raise Misconfigured(
            f"the KMA API's key is a URL, or has its parameter's name before it: {where} to the text after "
            "authKey= alone"
        )
    if _NEXT_PARAMETER.search(key):
        raise Misconfigured(
            f"the KMA API's key has another parameter behind it (&...=): {where} to the text between "
            "authKey= and the next & alone"
        )
    if _NOT_OF_A_KEY.search(key):
        raise Misconfigured(
            "the KMA API's key has characters that no key has: quotes, spaces, control characters, letters "
            f"other than ASCII, or =, ? or & at its beginning: {where} to the key alone, without quotes, as "
            "apihub.kma.go.kr shows it"
        )


def base_url(text: str) -> str:
    """The URL that the names of endpoints are appended to, without a slash at its end.

    Args:
        text: from the settings.

    Raises:
        Misconfigured: it has another form. The message shows only scheme and host: the rest, such as the
            query of an example that was copied whole, may hold the key.
    """
    url = text.strip().rstrip("/")
    match = _URL.fullmatch(url)
    if match and _is_host(match[1]) and _is_port(match[2]) and _are_folders(match[3]):
        return url
    origin = _origin(url)
    if not origin:
        raise Misconfigured(
            "the KMA API's URL can't be used: give one that begins with https:// and the name of a host, "
            f"such as {EXAMPLE}, as {_SETTINGS}"
        )
    raise Misconfigured(
        f"the KMA API's URL must end before the endpoint, as {EXAMPLE} does: without a file such as "
        "kma_sfctm3.php, a query (?...), a login (...@), a fragment (#...), a folder named .. or a key. The "
        f"one that is set begins with {origin}; set {_SETTINGS}, and the key as KMA_AUTH_KEY or as the "
        "connection's password"
    )


def _origin(url: str) -> str:
    """Scheme and host; empty where there are none, or where the host may be something else."""
    try:
        parts = urlsplit(url)
        host, has_port = parts.hostname or "", parts.port != 0
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    known = parts.scheme in {"http", "https"} and has_port and _is_host(host)
    return f"{parts.scheme}://{host}" if known else ""


def _is_host(text: str) -> bool:
    """Whether a text is an IP address, or a name that DNS can have."""
    if text.startswith("["):
        return _is_address(text.strip("[]"))
    host = text.removesuffix(".")
    if re.fullmatch(r"[\d.]+", host):
        return _is_address(host)
    try:
        encoded = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return False
    return len(encoded) <= _LONGEST_HOST and all(map(_LABEL.fullmatch, encoded.split(".")))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _are_folders(path: str) -> bool:
    """Whether a path names folders alone: no endpoint, and no way up."""
    return not any(name in {".", ".."} or _ENDPOINT.fullmatch(name) for name in path.split("/"))


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text[1:]) < 1 << 16
