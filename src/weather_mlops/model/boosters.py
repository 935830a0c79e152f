"""Check that XGBoost can read the trees of a version, before this process does.

XGBoost trusts a file: with one wrong byte in it, XGBoost may read memory that isn't its own, which ends the
process, or never end. A file that was damaged by accident doesn't get that far, since its SHA-256 differs
from the manifest's. But the manifest isn't signed: whoever can write to the bucket can write both. So trees
are first read by a separate process, which may crash.

This module is also run as a script, by its path, so it must not import this package.
"""

import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

TREES: Final = ".ubj"
MEMORY_BYTES: Final = 4_000_000_000
"""Limit of the process: a file can claim to need more than any machine has."""
TIMEOUT_S: Final = 300
"""For all trees of a version; 48 files of 2.4 MB took 23 s on two busy cores, 120 of 36 kB 2.6 s."""

log = logging.getLogger(__name__)


def check(files: Mapping[str, bytes]) -> None:
    """Load each file of trees, walk all of its nodes and predict, in another process.

    Args:
        files: files of a version, by name; other files than trees are skipped.

    Raises:
        ModelUnusable: XGBoost can't read one of them, or crashes.
    """
    from weather_mlops.errors import ModelUnusable  # noqa: PLC0415  not in the script

    trees = {name: body for name, body in files.items() if name.endswith(TREES)}
    if not trees:
        return
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        for name, body in trees.items():
            (Path(folder) / name).write_bytes(body)
        outcome, last = _run(folder)
    if outcome:
        raise ModelUnusable(
            f"{last}: XGBoost can't read this file ({outcome}), though its checksum is that of the manifest: "
            "both were written by something else than a training. Run model_training, or go back to another "
            "version by `make rollback`, and check who can write to the bucket."
        )
    log.info("trees: files=%d seconds=%.1f", len(trees), time.monotonic() - began)


def _run(folder: str) -> tuple[str, str]:
    """What went wrong in the process, empty = nothing; and the file that it read last."""
    command = [sys.executable, "-I", __file__, folder]
    # Without the secrets that a task's environment holds: what it reads may be hostile.
    environment = {"PATH": os.environ.get("PATH", ""), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603  our own file
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        return f"it takes more than {TIMEOUT_S} s", _last_line((error.stdout or b"").decode())
    if done.returncode < 0:
        return f"it crashes: {signal.Signals(-done.returncode).name}", _last_line(done.stdout)
    return (_last_line(done.stderr) or f"exit code {done.returncode}") if done.returncode else "", _last_line(
        done.stdout
    )


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _main(folder: Path) -> None:
    """Read all files of a folder; each name is printed before the file is read."""
    import numpy as np  # noqa: PLC0415
    from xgboost import Booster

    for file in sorted(folder.iterdir()):
        sys.stdout.write(f"{file.name}\n")
        sys.stdout.flush()
        booster = Booster({"nthread": 1}, model_file=bytearray(file.read_bytes()))
        booster.get_dump(dump_format="json")
        for value in (0.0, np.nan):
            booster.inplace_predict(np.full((1, booster.num_features()), value, np.float32))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _main(Path(sys.argv[1]))
