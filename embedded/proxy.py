"""Company proxies: used for outside calls, never for the servers that this system starts on this machine.

Clients read HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case, each client in its own
way. So both spellings of NO_PROXY get the same content, and proxies that the clients can't use are removed.
"""

import re
from collections.abc import Mapping
from typing import Final

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
ALL_HOSTS: Final = "*"
# Schemes that httpx (Airflow's tasks) and requests (the KMA client) both support without further packages.
SUPPORTED_SCHEMES: Final = frozenset({"http", "https"})
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# httpx raises on [::1] in NO_PROXY, with or without a port, and so would every task; it accepts ::1.
_IN_BRACKETS: Final = re.compile(r"\[(.+)\](:\d+)?")


def with_direct_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which this machine's own servers are reached without a proxy.

    Args:
        environment: variables and their values. The hosts of its NO_PROXY stay in it.

    Returns:
        The environment with NO_PROXY and no_proxy, and without the proxies of ``unusable_proxies``.
    """
    excluded = unusable_proxies(environment)
    usable = {name: value for name, value in environment.items() if name not in excluded}
    hosts = _direct_hosts(environment)
    return {**usable, "NO_PROXY": hosts, "no_proxy": hosts}


def unusable_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that name an unsupported kind of proxy, such as SOCKS, with the kind."""
    schemes = {
        name: environment[name].partition("://")[0].strip().lower()
        for proxy in _PROXIES
        for name in (proxy, proxy.lower())
        if "://" in environment.get(name, "")  # without a scheme it is an HTTP proxy
    }
    return {name: scheme for name, scheme in schemes.items() if scheme not in SUPPORTED_SCHEMES}


def _direct_hosts(environment: Mapping[str, str]) -> str:
    """Return the content of NO_PROXY: the hosts of both spellings, and loopback."""
    given = [
        _IN_BRACKETS.sub(r"\1", host.strip())
        for name in ("NO_PROXY", "no_proxy")
        for host in environment.get(name, "").split(",")
        if host.strip()
    ]
    # Clients understand the asterisk only if it is the whole value.
    return ALL_HOSTS if ALL_HOSTS in given else ",".join(dict.fromkeys([*given, *LOOPBACK]))
