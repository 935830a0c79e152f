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
        Misconfigured: there is no such revision, or no git.
    """
    if asked:
        named = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}")
        if (found := _git(project, *named)) is None:
            raise Misconfigured(
                f"git knows no revision {asked} here: fetch it (git fetch origin {asked}), "
                "or name another one by BASE="
            )
        return found.decode().strip()
    for branch in BASES:
        if found := _git(project, "merge-base", "HEAD", branch):
            return found.decode().strip()
    raise Misconfigured(
        f"there is no branch {' or '.join(BASES)} to compare with: name a revision, BASE=HEAD"
    )


def extract(project: Path, revision: str, folder: str, target: Path) -> Path:
    """The folder of a revision, written below another one; a folder that it didn't have stays missing.

    Raises:
        Misconfigured: git can't give it out.
    """
    if _git(project, "ls-tree", revision, "--", folder):
        if (archive := _git(project, "archive", "--format=tar", revision, "--", folder)) is None:
            raise Misconfigured(f"git can't give out {folder} of {revision}: is the clone whole (git fsck)?")
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(target, filter="data")
    return target / folder


def _git(project: Path, *command: str) -> bytes | None:
    """What git answers; None where it refuses."""
    try:
        done = subprocess.run(["git", *command], cwd=project, capture_output=True, check=False)  # noqa: S603, S607  the user's own git
    except FileNotFoundError as error:
        raise Misconfigured("git is not installed: the plan reads what to compare with from it") from error
    return done.stdout if done.returncode == 0 else None
