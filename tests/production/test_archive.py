"""Backups that are damaged, forged or crafted, without a database: each is refused with a sentence."""

import io
import json
import random
import subprocess
import tarfile
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from production import archive
from production.archive import BackupManifest, Dump, Keys
from weather_mlops.errors import BackupUnusable

KEYS = Keys(b"the key that signs backups")
ENCRYPTING = Keys(KEYS.signing, "p@ss $HOME 'phrase' 한글")
NOW = datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
CONTENT = b"PGDMP " + b"a row of a table, which people may not read " * 50


@pytest.fixture
def packed(tmp_path):
    """Makes a backup; returns its file and its seal."""

    def make(keys: Keys = KEYS):
        dump = tmp_path / "airflow.dump"
        dump.write_bytes(CONTENT)
        described = Dump(database="x", server=15, sha256=archive.sha256_of(dump), rows={"public.note": 3})
        manifest = BackupManifest(made_at=NOW, revision="abc", dumps={"airflow": described})
        file = tmp_path / archive.name_of(NOW)
        archive.pack(manifest, {"airflow": dump}, file, keys.passphrase)
        dump.unlink(missing_ok=True)
        return file, archive.seal_of(file, file.name, keys.signing)

    return make


def unpack(file, seal, keys=KEYS, **options):
    folder = file.parent / "work"
    folder.mkdir(exist_ok=True)
    manifest, dumps = archive.unpack(file, seal, folder, keys, **options)
    assert manifest.made_at == NOW
    return {role: dump.read_bytes() for role, dump in dumps.items()}


def refused(file, seal, keys=KEYS, **options) -> str:
    with pytest.raises(BackupUnusable, match=file.name) as error:
        unpack(file, seal, keys, **options)
    return str(error.value)


def test_a_backup_that_another_key_signed_is_forged(packed):
    file, _ = packed()
    forged = archive.seal_of(file, file.name, b"not the key of .env")

    assert "renamed or forged, or the key is another one" in refused(file, forged)
    assert unpack(file, forged, unverified=True) == {"airflow": CONTENT}


def test_an_unsigned_backup_is_only_restored_as_unverified(packed):
    file, seal = packed()
    unsigned = seal.splitlines()[0] + "\n"

    assert "not signed" in (message := refused(file, unsigned))
    assert message.endswith(f"make restore FILE={file.name} UNVERIFIED=1")
    assert unpack(file, unsigned, unverified=True) == {"airflow": CONTENT}


def test_an_old_backup_under_a_newer_name_is_refused(packed):
    file, seal = packed()
    newer = file.with_name("weather-20991231T000000Z.tar")
    file.rename(newer)

    assert "renamed" in refused(newer, seal.replace(file.name, newer.name))


@pytest.mark.parametrize("seal", ["", "\n\n", "# HMAC-SHA-256: ", "한글", "\x00" * 100])
def test_a_damaged_seal_is_refused(packed, seal):
    file, _ = packed()
    assert "damaged" in refused(file, seal)


@pytest.mark.parametrize("signature", ["", "ff", "한글"])
def test_a_damaged_signature_is_refused(packed, signature):
    file, seal = packed()
    checksum = seal.splitlines()[0]
    assert "renamed or forged" in refused(file, f"{checksum}\n# HMAC-SHA-256: {signature}\n")


def test_an_encrypted_backup_is_read_with_its_passphrase_only(packed):
    file, seal = packed(ENCRYPTING)

    assert b"people may not read" not in file.read_bytes()
    assert "BACKUP_PASSPHRASE is not set" in refused(file, seal)
    assert "BACKUP_PASSPHRASE" in refused(file, seal, Keys(KEYS.signing, "another one"))
    assert unpack(file, seal, ENCRYPTING) == {"airflow": CONTENT}


def test_an_encrypted_backup_can_be_decrypted_as_documented(packed, tmp_path):
    file, _ = packed(ENCRYPTING)
    by_hand = (
        f"tar xf {file.name} && openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 "
        "-pass env:BACKUP_PASSPHRASE -in airflow.dump.enc -out airflow.dump"
    )
    environment = {"PATH": "/usr/bin:/bin", "BACKUP_PASSPHRASE": str(ENCRYPTING.passphrase)}
    subprocess.run(["/bin/sh", "-c", by_hand], cwd=tmp_path, env=environment, check=True)

    assert (tmp_path / "airflow.dump").read_bytes() == CONTENT


DUMP = {"database": "x", "server": 15, "sha256": "", "rows": {}}


def test_the_repr_of_the_keys_shows_no_secret():
    assert repr(ENCRYPTING) == "Keys()"


def whole(**changes: object) -> bytes:
    """A manifest's JSON with other values."""
    manifest = {"format": 1, "made_at": NOW.isoformat(), "revision": "", "dumps": {"airflow": DUMP}}
    return json.dumps({**manifest, **changes}).encode()


MANIFESTS = {
    "deep": b'{"dumps": ' + b"[" * 100_000,
    "no object": b"[]",
    "null": b"null",
    "dumps is a list": whole(dumps=["airflow"]),
    "dump is a number": whole(dumps={"airflow": 7}),
    "rows is text": whole(dumps={"airflow": {**DUMP, "rows": "x"}}),
    "another format": whole(format=2),
    "a time without a zone": whole(made_at="2026-11-27T03:30:00"),
    "a path for a role": whole(dumps={"../../outside": DUMP}),
    "a huge number": b'{"format": ' + b"9" * 10_000 + b"}",
    "no UTF-8": b"\xff\xfe{}",
}


@pytest.mark.parametrize("text", MANIFESTS.values(), ids=MANIFESTS)
def test_an_invalid_manifest_is_refused(tmp_path, text):
    file = tmp_path / archive.name_of(NOW)
    with tarfile.open(file, "w") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))

    assert "manifest" in refused(file, archive.seal_of(file, file.name, KEYS.signing))


def with_link_to_itself(tar):
    for name in ("manifest.json", "airflow.dump"):
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, name
        tar.addfile(member)


def with_chained_long_names(tar):
    """Write headers of which each makes tarfile call itself once more."""
    for _ in range(3000):
        member = tarfile.TarInfo("././@LongLink")
        member.type, member.size = tarfile.GNUTYPE_LONGNAME, 2
        tar.fileobj.write(member.tobuf(tarfile.GNU_FORMAT) + b"x\0".ljust(512, b"\0"))


def with_a_sparse_dump(tar):
    """Write a dump of two blocks that is extracted to 64 MB; it could be any size."""
    text = whole()
    member = tarfile.TarInfo("manifest.json")
    member.size = len(text)
    tar.addfile(member, io.BytesIO(text))
    member = tarfile.TarInfo("airflow.dump")
    sparse = {"major": "1", "minor": "0", "name": "airflow.dump", "realsize": "64000000"}
    member.pax_headers = {f"GNU.sparse.{name}": value for name, value in sparse.items()}
    member.size = 512
    tar.addfile(member, io.BytesIO(b"0\n".ljust(512, b"\0")))


@pytest.mark.parametrize("write", [with_link_to_itself, with_chained_long_names, with_a_sparse_dump])
def test_a_crafted_tar_is_refused(tmp_path, write):
    file = tmp_path / archive.name_of(NOW)
    with tarfile.open(file, "w") as tar:
        write(tar)

    assert "can't be extracted" in refused(file, archive.seal_of(file, file.name, KEYS.signing))


def test_a_compressed_tar_is_refused(tmp_path):
    """A small one could fill the disk."""
    file = tmp_path / archive.name_of(NOW)
    with tarfile.open(file, "w:gz"):
        pass
    assert "can't be extracted" in refused(file, archive.seal_of(file, file.name, KEYS.signing))


def test_random_damage_never_raises_another_error(packed, tmp_path):
    """The damaged file is sealed again each time, so that it reaches the parser."""
    file, _ = packed()
    body = file.read_bytes()
    chance = random.Random(19)
    for _ in range(2000):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(1024 if chance.random() < 0.7 else len(body))] = chance.randrange(256)
        file.write_bytes(damaged[: chance.choice([len(body), chance.randrange(len(body))])])
        with suppress(BackupUnusable):
            archive.unpack(file, archive.seal_of(file, file.name, KEYS.signing), tmp_path, KEYS)
