"""A folder as git has it at a revision. Changes nothing in the repository."""

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from weather_mlops.errors import Misconfigured

BASES: Final = ("origin/main", "main")
"""What a change is compared with where nothing is named: the point where it left these."""


def base_of(project: Path, asked: str | None) -> str:
    """The revision to compare with: the one that was asked for, or where this branch left the main one.

    Raises:
        Misconfigured: there is no such revision.
    """
    if asked:
        return _git(
            project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}", of=asked
        )
    for branch in BASES:
        found = subprocess.run(
            ["git", "merge-base", "HEAD", branch], cwd=project, capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            return found.stdout.strip()
    raise Misconfigured(
        f"there is no branch {' or '.join(BASES)} to compare with: name a revision, BASE=HEAD"
    )


def extract(project: Path, revision: str, folder: str, target: Path) -> Path:
    """The folder of a revision, written below another one; a folder that it didn't have stays missing.

    Raises:
        Misconfigured: git doesn't know the revision.
    """
    if not _git(project, "ls-tree", "--name-only", revision, "--", folder, of=revision):
        return target / folder
    archive = subprocess.run(
        ["git", "archive", "--format=tar", revision, "--", folder],
        cwd=project,
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(target, filter="data")
    return target / folder


def _git(project: Path, *command: str, of: str) -> str:
    try:
        result = subprocess.run(["git", *command], cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Misconfigured(
            "git is not installed: the plan reads the revision to compare with from it"
        ) from error
    if result.returncode:
        raise Misconfigured(
            f"git knows no revision {of} here: fetch it (git fetch origin {of}), or name another one by BASE=; "
            f"{result.stderr.strip()}".rstrip("; ")
        )
    return result.stdout.strip()
