"""The plainest way to load years of observations; see history.py, which runs it.

Usage: python benchmarks/plain_history.py load URL BUCKET FIRST_YEAR YEARS, or: read BUCKET SQL
"""

import io
import json
import os
import sys
import time

import duckdb
import pandas as pd
import requests
import s3fs

COLUMNS = [
    "tm", "stn", "wd", "ws", "gst_wd", "gst_ws", "gst_tm", "pa", "ps", "pt", "pr", "ta", "td", "hm",
    "pv", "rn", "rn_day", "rn_jun", "rn_int", "sd_hr3", "sd_day", "sd_tot", "wc", "wp", "ww", "ca_tot",
    "ca_mid", "ch_min", "ct", "ct_top", "ct_mid", "ct_low", "vs", "ss", "si", "st_gd", "ts", "te_005",
    "te_01", "te_02", "te_03", "st_sea", "wh", "bf", "ir", "ix",
]  # fmt: skip


def options() -> dict:
    """Of the bucket."""
    return {
        "key": os.environ["AWS_ACCESS_KEY_ID"],
        "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
        "client_kwargs": {"endpoint_url": os.environ["AWS_ENDPOINT_URL"]},
    }


def load(url: str, bucket: str, first: int, years: int) -> dict:
    """Load all months."""
    begun, rows = time.monotonic(), 0
    for month in pd.period_range(f"{first}-01", f"{first + years - 1}-12", freq="M"):
        query = {
            "tm1": f"{month.start_time:%Y%m%d}0000", "tm2": f"{month.end_time:%Y%m%d}2300", "stn": "0",
            "help": "0", "authKey": os.environ["PLAIN_KEY"],
        }  # fmt: skip
        body = requests.get(f"{url}/kma_sfctm3.php", params=query, timeout=300).content
        frame = pd.read_csv(
            io.BytesIO(body), sep=r"\s+", comment="#", header=None, names=COLUMNS, dtype={"tm": str}
        )
        frame["tm"] = pd.to_datetime(frame["tm"], format="%Y%m%d%H%M").dt.tz_localize("Asia/Seoul")
        path = f"s3://{bucket}/plain/year={month.year}/month={month.month}/rows.parquet"
        frame.to_parquet(path, storage_options=options(), index=False)
        rows += len(frame)
    return {"rows": rows, "seconds": time.monotonic() - begun, "cpu_s": time.process_time()}


def read(bucket: str, sql: str) -> dict:
    """One read by DuckDB, three times: the fastest one's ms."""
    source = f"read_parquet('s3://{bucket}/plain/*/*/*.parquet', hive_partitioning=true)"
    times = []
    for _ in range(3):
        s3fs.S3FileSystem.clear_instance_cache()
        connection = duckdb.connect()
        connection.register_filesystem(s3fs.S3FileSystem(**options()))
        begun = time.perf_counter()
        rows = len(connection.sql(sql.replace("SOURCE", source)).fetchall())
        times.append(1000 * (time.perf_counter() - begun))
    return {"rows": rows, "ms": min(times)}


if __name__ == "__main__":
    if sys.argv[1] == "load":
        result = load(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        result = read(sys.argv[2], sys.argv[3])
    print(json.dumps(result))
