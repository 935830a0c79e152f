"""Clients of the simulator whose tests don't depend on how busy the machine is."""

from weather_mlops.kma.client import CallBudget, KmaClient

PATIENT_S = 60.0
"""Time-out in seconds of a response that always arrives: the test is about something else."""


def recovering_client(
    url: str,
    key: str,
    *,
    budget: CallBudget,
    read_timeout: float = PATIENT_S,
    later_read_timeout: float = PATIENT_S,
) -> KmaClient:
    """A client that doesn't sleep between its two attempts.

    Args:
        url: of the API.
        key: of the API.
        budget: of calls.
        read_timeout: seconds without a byte, until the first attempt has failed; short where that one stalls.
        later_read_timeout: the same from then on; short only where everything stalls.
    """

    def wait_longer(_: float) -> None:
        connect_timeout, _read_timeout = client._timeout
        client._timeout = (connect_timeout, later_read_timeout)

    client = KmaClient(url, key, budget=budget, read_timeout=read_timeout, attempts=2, sleep=wait_longer)
    return client
