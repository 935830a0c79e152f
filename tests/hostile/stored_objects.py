"""Hostile objects in the bucket, and backups: bombs, and documents of other shapes than were written."""

import io
import json
import tarfile
from collections.abc import Callable

from tests.hostile.observation_files import MIB, ZIP, encrypted, gzip_bomb, zip_of
from tests.hostile.registry import Entry, Kind

FILLS = "fills the memory"
ESCAPES = "is an error that nobody expects"
DISK = "fills the disk"

OBJECTS: tuple[tuple[str, str, Callable[[], bytes | str]], ...] = (
    ("gzip_bomb", FILLS, gzip_bomb),
    ("zip_bomb", FILLS, lambda: zip_of({"rows.parquet": bytes(264 * MIB), "notes.json": b"{}"})),
    ("larger_than_any_document", FILLS, lambda: bytes(33 * MIB)),
    ("zip_of_other_files", ESCAPES, lambda: ZIP),
    ("zip_with_a_password", ESCAPES, encrypted),
    ("zip_of_garbage", ESCAPES, lambda: zip_of({"rows.parquet": b"PAR1garbagePAR1", "notes.json": b"{}"})),
    ("zip_with_deep_notes", ESCAPES, lambda: zip_of({"notes.json": b"[" * 100_000})),
    ("parquet_that_is_none", ESCAPES, lambda: b"PAR1" + b"\xff" * 100 + b"\xff\xff\xff\x7fPAR1"),
    ("nothing", ESCAPES, lambda: b""),
    ("deep_json", ESCAPES, lambda: "[" * 100_000 + "]" * 100_000),
    ("deep_object", ESCAPES, lambda: '{"fetched_at":' * 990 + "1" + "}" * 990),
    ("json_null", ESCAPES, lambda: "null"),
    ("json_number", ESCAPES, lambda: "1e400"),
    ("json_text", ESCAPES, lambda: '"fetched_at"'),
    ("json_list", ESCAPES, lambda: "[[], {}, null]"),
    ("number_for_a_time", ESCAPES, lambda: '{"fetched_at": 1}'),
    ("long_number", ESCAPES, lambda: '{"fetched_at": ' + "9" * 5000 + "}"),
    ("half_a_letter", ESCAPES, lambda: b'{"fetched_at": "\xed\xa0\x80"}'),
    ("utf16", ESCAPES, lambda: '{"fetched_at": "2024"}'.encode("utf-16")),
)


def tar(manifest: bytes | None, kind: bytes = tarfile.REGTYPE, mode: str = "w:") -> bytes:
    """A backup with this manifest, and a dump of a kind of member."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        if manifest is not None:
            listing = tarfile.TarInfo("manifest.json")
            listing.size = len(manifest)
            archive.addfile(listing, io.BytesIO(manifest))
        dump = tarfile.TarInfo("airflow.dump")
        dump.type, dump.linkname = kind, "/etc/passwd"
        archive.addfile(dump)
    return packed.getvalue()


def manifest(**changed: object) -> bytes:
    """A manifest with other values."""
    dump = {"database": "airflow", "server": 17, "sha256": "0" * 64, "rows": {}}
    values = {"format": 1, "made_at": "2026-01-01T00:00:00+00:00", "revision": "", "dumps": {"airflow": dump}}
    return json.dumps(values | changed).encode()


def with_holes() -> bytes:
    """A backup whose dump is a gigabyte of nothing, in two kilobytes."""
    header = tarfile.TarInfo("airflow.dump")
    header.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[386:398] = b"%011o\0" % (1 << 30)  # where data begin
    block[398:410] = b"%011o\0" % 0
    block[483:495] = b"%011o\0" % (1 << 30)  # the size of it all
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    listing = tar(manifest())
    return listing[:1024] + bytes(block) + bytes(1024)


BACKUPS: tuple[tuple[str, str, Callable[[], bytes | str]], ...] = (
    ("nothing", ESCAPES, lambda: b""),
    ("no_tar", ESCAPES, lambda: gzip_bomb(8 * MIB)),
    ("packed_tar", DISK, lambda: tar(manifest(), mode="w:gz")),
    ("dump_with_holes", DISK, with_holes),
    ("dump_that_is_a_link", "reads another file", lambda: tar(manifest(), tarfile.SYMTYPE)),
    ("dump_that_is_a_hard_link", "reads another file", lambda: tar(manifest(), tarfile.LNKTYPE)),
    ("dump_that_is_a_device", "is waited for without end", lambda: tar(manifest(), tarfile.FIFOTYPE)),
    ("no_manifest", ESCAPES, lambda: tar(None)),
    ("manifest_of_megabytes", FILLS, lambda: tar(b" " * 2 * MIB)),
    *(
        (f"manifest_{name}", ESCAPES, lambda text=text: tar(text))
        for name, text in {
            "deep": b"[" * 100_000,
            "null": b"null",
            "list": b"[]",
            "text": b'"x"',
            "of_no_dumps": manifest(dumps=None),
            "of_a_list": manifest(dumps=["airflow"]),
            "of_a_text_for_a_dump": manifest(dumps={"airflow": "x"}),
            "of_a_role_that_leads_away": manifest(dumps={"../airflow": {}}),
            "of_a_number_for_a_time": manifest(made_at=1),
            "of_letters": b"\xff\xfe",
        }.items()
    ),
)

ENTRIES = [
    *(Entry(name, Kind.OBJECT, attacks, "WeatherError", make) for name, attacks, make in OBJECTS),
    *(Entry(name, Kind.BACKUP, attacks, "BackupUnusable", make) for name, attacks, make in BACKUPS),
]
