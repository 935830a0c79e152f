"""Whatever answers in the KMA's place: one of our errors, in time, in bounded memory, without the key."""

import socket
import threading
import time
import tracemalloc
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from tests.hostile.registry import Kind, entries
from weather_mlops import limits
from weather_mlops.errors import WeatherError
from weather_mlops.kma.client import DEADLINE_FACTOR, KmaClient, UncountedCalls

KEY = "a-key-that-nobody-may-see"
READ_TIMEOUT_S = 0.2
HOUR = datetime(2024, 1, 1, tzinfo=UTC)


@contextmanager
def server(entry):
    """A server that sends this to whoever comes first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sending = threading.Thread(target=_send, args=(listening, entry), daemon=True)
        sending.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        sending.join(10)


def _send(listening, entry):
    with closing(listening.accept()[0]) as connection:
        connection.recv(65_536)
        content = entry.make()
        try:
            for part in [content] if isinstance(content, bytes) else content:
                connection.sendall(part)
        except OSError:  # it was hung up on
            return


@pytest.mark.parametrize("entry", entries(Kind.RESPONSE), ids=str)
def test_the_client_ends_with_a_reason(entry, caplog):
    tracemalloc.start()
    try:
        with server(entry) as url:
            client = KmaClient(url, KEY, budget=UncountedCalls(), read_timeout=READ_TIMEOUT_S, attempts=1)
            begun = time.monotonic()
            with pytest.raises(WeatherError) as failure:
                list(client.period(HOUR, HOUR))
            taken = time.monotonic() - begun
            client._session.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert entry.expected in {kind.__name__ for kind in type(failure.value).__mro__}
    assert KEY not in f"{failure.value!r}{failure.value.__context__!r}{caplog.text}"
    assert taken < DEADLINE_FACTOR * READ_TIMEOUT_S + 10
    assert peak < 2.5 * limits.KMA_RESPONSE.size
