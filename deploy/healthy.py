"""Health check of a component of Airflow: ``python deploy/healthy.py SchedulerJob``.

Each component writes a heartbeat to the database in each round of its loop. This checks the newest heartbeat
of this container's component since its start, without Airflow's own command, which takes ten times as long
to start.
"""

import os
import socket
import sys
import time
from typing import Final

import psutil
import psycopg2

OLDEST_S: Final = 60  # twice the 30 s after which Airflow itself considers a component dead
QUESTION: Final = """
    select extract(epoch from now() - max(latest_heartbeat)) from job
    where job_type = %s and hostname = %s and state = 'running'
"""


def main(job_type: str) -> int:
    """Print the age of the newest heartbeat; return 0 if it is recent enough, else 1."""
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    with psycopg2.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute(QUESTION, (job_type, socket.getfqdn()))
        (age,) = cursor.fetchone() or (None,)
    up = time.time() - psutil.Process(1).create_time()
    if age is None or age > up:
        sys.stdout.write(f"{job_type}: no heartbeat in the {up:.0f} s since its start\n")
        return 1
    sys.stdout.write(f"{job_type}: heartbeat {age:.0f} s ago\n")
    return 0 if age <= OLDEST_S else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
