"""The files from which Airflow reads its secrets: tasks inherit the environment, which must have none."""

import json
from collections.abc import Mapping
from typing import Any

from embedded.components import USER, System
from embedded.private import make_private_folder, write_private


def write_secret_files(system: System) -> None:
    """Write Airflow's keys, its connections and the UI's one password, each into a file for its owner only.

    Raises:
        OSError: the disk is full, or the folder of the system can't be written.
    """
    keys, home = system.keys, system.airflow_home
    make_private_folder(system.folder)
    home.mkdir(exist_ok=True)
    config = (
        f"[core]\nfernet_key = {keys.fernet}\n"
        f"[api]\nsecret_key = {keys.api_secret}\n"
        f"[api_auth]\njwt_secret = {keys.jwt}\n"
    )
    write_private(home / "airflow.cfg", config)
    write_private(system.connections_file, json.dumps(_connections(system)))
    write_private(system.passwords_file, json.dumps({USER: keys.password}))


def _connections(system: System) -> dict[str, Mapping[str, Any]]:
    data = system.data_environment()
    data_go_kr: dict[str, Mapping[str, Any]] = {}
    if system.data_go_kr:
        url, key = system.data_go_kr
        data_go_kr["data_go_kr_default"] = {"conn_type": "http", "host": url, "password": key}
    return {
        **data_go_kr,
        "kma_default": {
            "conn_type": "http",
            "host": data["KMA_API_URL"],
            "password": data["KMA_AUTH_KEY"],
        },
        "aws_default": {
            "conn_type": "aws",
            "login": data["AWS_ACCESS_KEY_ID"],
            "password": data["AWS_SECRET_ACCESS_KEY"],
            "extra": {"endpoint_url": data["AWS_ENDPOINT_URL"], "region_name": data["AWS_REGION"]},
        },
        "airflow_api_default": {
            "conn_type": "http",
            "host": system.ui_url,
            "login": USER,
            "password": system.keys.password,
        },
    }
