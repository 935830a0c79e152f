"""Hostile files of observations: bombs, damaged archives, and texts that a parser may choke on."""

import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.hostile.registry import Entry, Kind
from tests.sources import files

MIB = 1 << 20


def gzip_bomb(size: int = 600 * MIB) -> bytes:
    """A gzip of zeros: 600 MiB in 0.6 MB."""
    block = 8 * MIB
    return gzip.compress(bytes(block), mtime=0) * (size // block)


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method, compresslevel=1) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return packed.getvalue()


GOOD = files.hub(*files.hub_rows(range(3))).encode()
ZIP = zip_of({"a.txt": GOOD})


def changed(body: bytes, offset: int, form: str, value: int, *, central: bool = False) -> bytes:
    """A zip with another value in the header of its first file."""
    archive = bytearray(body)
    begin = archive.index(b"PK\x01\x02") if central else 0
    struct.pack_into(form, archive, begin + offset, value)
    return bytes(archive)


def encrypted() -> bytes:
    """A zip that says it has a password."""
    return changed(changed(ZIP, 6, "<H", 1), 8, "<H", 1, central=True)


def page(item: str) -> str:
    """A page of getWthrDataList with something in the place of its items."""
    return '{"response": {"header": {"resultCode": "00"}, "body": {"items": {"item": ' + item + "}}}}"


def _laughs() -> str:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "ha">{entities}]><response>&a9;</response>'


def _link(target: str, path: Path) -> None:
    path.symlink_to(target.replace("ITSELF", path.name))


FILLS = "fills the memory"
PARSER = "ends in the recursion of Python, or the process in a parser in C"
STOPS = "takes minutes"
ESCAPES = "is an error that nobody expects"
REFUSED = "FileRefused"

PORTAL = "지점,지점명,일시,기온(°C)\r\n"
CONTENT: tuple[tuple[str, str, str | None, Callable[[], bytes | str]], ...] = (
    # Archives
    ("gzip_bomb", FILLS, REFUSED, gzip_bomb),
    ("gzip_bomb_in_gzip", FILLS, REFUSED, lambda: gzip.compress(gzip_bomb())),
    ("gzip_in_gzip_in_gzip", FILLS, REFUSED, lambda: gzip.compress(gzip.compress(gzip.compress(GOOD)))),
    ("gzip_cut_off", ESCAPES, REFUSED, lambda: gzip.compress(GOOD)[:-9]),
    ("gzip_of_another_checksum", ESCAPES, REFUSED, lambda: gzip.compress(GOOD)[:-8] + bytes(8)),
    ("gzip_and_more", ESCAPES, REFUSED, lambda: gzip.compress(GOOD) + b"more"),
    ("gzip_header_only", ESCAPES, REFUSED, lambda: b"\x1f\x8b\x08\xff"),
    ("gzip_of_one_byte", ESCAPES, REFUSED, lambda: b"\x1f"),
    ("zip_bomb", FILLS, REFUSED, lambda: zip_of({"a.txt": bytes(136 * MIB)})),
    ("gzip_bomb_in_a_zip", FILLS, REFUSED, lambda: zip_of({"a.txt.gz": gzip_bomb()})),
    ("zip_in_a_zip", FILLS, REFUSED, lambda: zip_of({"a.zip": ZIP})),
    ("zip_that_leads_away", "writes outside of a folder", None, lambda: zip_of({"../../etc/a.txt": GOOD})),
    ("zip_of_two_lines", "forges lines of the log", None, lambda: zip_of({"a\nerror: b.txt": GOOD})),
    ("zip_with_a_password", ESCAPES, REFUSED, encrypted),
    ("zip_of_another_checksum", ESCAPES, REFUSED, lambda: changed(ZIP, 16, "<I", 7, central=True)),
    ("zip_of_an_unknown_method", ESCAPES, REFUSED, lambda: changed(ZIP, 10, "<H", 99, central=True)),
    ("zip_that_announces_gigabytes", FILLS, None, lambda: changed(ZIP, 24, "<I", 0xFFFFFFFE, central=True)),
    ("zip_that_begins_elsewhere", ESCAPES, REFUSED, lambda: changed(ZIP, 42, "<I", 0x7FFFFFFF, central=True)),
    ("zip64_without_its_field", ESCAPES, None, lambda: changed(ZIP, 24, "<I", 0xFFFFFFFF, central=True)),
    ("zip_cut_off", ESCAPES, REFUSED, lambda: ZIP[:-30]),
    ("zip_of_nothing", ESCAPES, REFUSED, lambda: zip_of({})),
    # Encodings
    ("nothing", ESCAPES, REFUSED, lambda: b""),
    ("zeros", ESCAPES, REFUSED, lambda: bytes(100_000)),
    ("random_bytes", ESCAPES, REFUSED, lambda: bytes(range(256)) * 400),
    ("half_a_letter_of_utf16", ESCAPES, REFUSED, lambda: GOOD.decode().encode("utf-16")[:-1]),
    ("white_space", STOPS, REFUSED, lambda: " " * 3_000_000),
    ("line_ends", STOPS, REFUSED, lambda: "\r\n" * 1_000_000),
    # The KMA's own format
    ("one_long_row", STOPS, REFUSED, lambda: "#START7777\n" + "1 " * 1_000_000 + "\n#7777END\n"),
    ("one_long_number", STOPS, REFUSED, lambda: "#START7777\n" + "9" * 3_000_000 + "\n#7777END\n"),
    ("many_start_markers", STOPS, REFUSED, lambda: "#START7777" * 200_000),
    ("html", STOPS, REFUSED, lambda: "<html" * 100_000),
    # JSON and XML
    ("deep_json", PARSER, REFUSED, lambda: "[" * 100_000 + "]" * 100_000),
    *(
        (f"json_of_{n}_levels", PARSER, REFUSED, partial(lambda n: "[" * n + "]" * n, n))
        for n in (900, 960, 990)
    ),
    ("deep_item", PARSER, REFUSED, lambda: page("[" * 900 + "]" * 900)),
    (
        "deep_value",
        PARSER,
        REFUSED,
        lambda: page('[{"stnId": "108", "tm": "x", "ta": ' + "[" * 900 + "]" * 900 + "}]"),
    ),
    ("long_number_in_json", ESCAPES, REFUSED, lambda: '{"a": ' + "9" * 100_000 + "}"),
    ("items_that_are_numbers", ESCAPES, REFUSED, lambda: page("[1, 2]")),
    ("response_that_is_a_number", ESCAPES, REFUSED, lambda: '{"response": 1}'),
    ("header_that_is_a_list", ESCAPES, REFUSED, lambda: '{"response": {"header": ["resultCode"]}}'),
    (
        "body_that_is_a_text",
        ESCAPES,
        None,
        lambda: '{"response": {"header": {"resultCode": "00"}, "body": "x"}}',
    ),
    ("half_letters", ESCAPES, REFUSED, lambda: '{"a": "' + "\\ud800" * 100_000 + '"}'),
    ("many_documents", STOPS, REFUSED, lambda: "{}" * 200_000),
    ("numbers_for_texts", ESCAPES, REFUSED, lambda: page(json.dumps([{"stnId": [], "tm": {}, "ta": 1e300}]))),
    ("deep_xml", PARSER, REFUSED, lambda: "<response>" + "<a>" * 50_000),
    ("deep_xml_that_is_whole", PARSER, REFUSED, lambda: "<a>" * 50_000 + "</a>" * 50_000),
    ("billion_laughs", FILLS, REFUSED, _laughs),
    (
        "entity_of_a_file",
        "reads another file",
        REFUSED,
        lambda: '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><response>&a;</response>',
    ),
    # CSV
    ("many_quotes", STOPS, REFUSED, lambda: PORTAL + '"' * 1_000_000),
    ("many_columns", STOPS, REFUSED, lambda: PORTAL.strip() + ",x" * 200_000 + "\n108,서울,x\n"),
    ("many_cells", STOPS, REFUSED, lambda: PORTAL + "108,서울,2024-01-01 00:00,1" + ",1" * 500_000),
    (
        "many_brackets",
        STOPS,
        REFUSED,
        lambda: "지점,일시,기온" + "(" * 100_000 + "\n108,2024-01-01 00:00,1\n",
    ),
    ("long_time", STOPS, REFUSED, lambda: PORTAL + "108,서울," + "1" * 100_000 + ",1\n"),
    (
        "times_out_of_range",
        ESCAPES,
        REFUSED,
        lambda: PORTAL + "108,서울,9999-12-31 24:00,1\n108,서울,0001-01-01 오전 0:00+14:00,1\n",
    ),
    ("station_without_end", ESCAPES, REFUSED, lambda: PORTAL + "9" * 5000 + ",서울,2024-01-01 00:00,1\n"),
    ("excel_separators", STOPS, REFUSED, lambda: "sep=,\n" * 200_000),
)

ENTRIES = [
    *(Entry(name, Kind.FILE, attacks, expected, make) for name, attacks, expected, make in CONTENT),
    *(
        Entry(name, Kind.FILE, attacks, REFUSED, make, puts_itself=True)
        for name, attacks, make in (
            ("pipe", "is waited for without end", os.mkfifo),
            ("folder", "can't be read", Path.mkdir),
            ("link_to_itself", "can't be followed", partial(_link, "ITSELF")),
            ("link_to_nothing", "is gone between listing and reading", partial(_link, "nowhere")),
            ("link_to_zeros", "has no end", partial(_link, "/dev/zero")),
        )
    ),
]
