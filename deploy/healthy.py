"""Whether a part of Airflow does its work: ``python deploy/healthy.py SchedulerJob``.

Each part writes down in the database that it came round its loop. This asks for the newest such sign of this
container's part since its start, without Airflow's own command, which takes ten times as long to start.
"""

import os
import socket
import sys
import time
from typing import Final

import psutil
import psycopg2

OLDEST_S: Final = 60  # twice the 30 s after which Airflow itself gives a part up
QUESTION: Final = """
    select extract(epoch from now() - max(latest_heartbeat)) from job
    where job_type = %s and hostname = %s and state = 'running'
"""


def main(job_type: str) -> int:
    """Say how old the newest sign is; 0 where it is young enough."""
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    with psycopg2.connect(url, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute(QUESTION, (job_type, socket.getfqdn()))
        (age,) = cursor.fetchone() or (None,)
    up = time.time() - psutil.Process(1).create_time()
    if age is None or age > up:
        sys.stdout.write(f"{job_type} has not come round in the {up:.0f} s since its start\n")
        return 1
    sys.stdout.write(f"{job_type} came round {age:.0f} s ago\n")
    return 0 if age <= OLDEST_S else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
