"""A folder as it is at a git revision. Changes nothing in the repository."""

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from weather_mlops.errors import Misconfigured

BASES: Final = ("origin/main", "main")
"""By default, a change is compared with the point where it left one of these."""


def base_of(project: Path, requested: str | None) -> str:
    """The revision to compare with: the requested one, or where this branch left the main one.

    Raises:
        Misconfigured: there is no such revision, or no git.
    """
    if requested:
        named = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{requested}^{{commit}}")
        if (output := _git(project, *named)) is None:
            raise Misconfigured(
                f"git has no revision {requested} here: fetch it (git fetch origin {requested}), "
                "or name another one with BASE="
            )
        return output.decode().strip()
    for branch in BASES:
        if output := _git(project, "merge-base", "HEAD", branch):
            return output.decode().strip()
    raise Misconfigured(
        f"there is no branch {' or '.join(BASES)} to compare with: name a revision, BASE=HEAD"
    )


def extract(project: Path, revision: str, folder: str, target: Path) -> Path:
    """Write the folder of a revision below another folder; nothing if the revision doesn't have it.

    Raises:
        Misconfigured: git can't read it.
    """
    if _git(project, "ls-tree", revision, "--", folder):
        if (archive := _git(project, "archive", "--format=tar", revision, "--", folder)) is None:
            raise Misconfigured(f"git can't read {folder} of {revision}: is the clone complete (git fsck)?")
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(target, filter="data")
    return target / folder


def _git(project: Path, *command: str) -> bytes | None:
    """Output of a git command; None if it fails."""
    try:
        done = subprocess.run(["git", *command], cwd=project, capture_output=True, check=False)  # noqa: S603, S607  the user's own git
    except FileNotFoundError as error:
        raise Misconfigured(
            "git is not installed: the plan needs it to read the revision to compare with"
        ) from error
    return done.stdout if done.returncode == 0 else None
