"""Files that only their owner may read."""

import os
import stat
from pathlib import Path

import pytest

from embedded.private import make_private_folder, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def generous_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_secret_is_never_readable_by_others_while_written(tmp_path, monkeypatch):
    file, drafts = tmp_path / "secret", []
    replace = Path.replace

    def watched(self, target):
        drafts.append((mode(self), self.read_text()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    file.write_text("old")
    write_private(file, "new")

    assert drafts == [(0o600, "new")]
    assert (mode(file), file.read_text()) == (0o600, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_disk_that_is_full_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "secret"
    write_private(file, "old")
    (tmp_path / "full").symlink_to("/dev/full")
    real = os.open
    monkeypatch.setattr(os, "open", lambda _path, flags, mode: real("/dev/full", flags & ~os.O_EXCL, mode))

    with pytest.raises(OSError, match="No space left"):
        write_private(file, "new")

    assert file.read_text() == "old"


def test_new_and_existing_folders_are_closed_to_other_users(tmp_path):
    for folder in (tmp_path / "new" / "run", tmp_path):
        make_private_folder(folder)
        assert mode(folder) == 0o700
