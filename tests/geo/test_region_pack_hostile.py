"""A pack made to do harm is refused with a PackError, and nothing worse happens."""

import hashlib
import io
import json
import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import pack_files, pack_store
from geo.npy_array import array_from_npy
from geo.polygon_wkb import polygons_from_wkb, polygons_to_wkb
from geo.region_pack import MAX_MANIFEST_BYTES, PackError, load_region, save_region
from tests.geo.cities import law_city

SQUARE = shapely.box(0, 0, 100, 100)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tiny city's pack, for tests to copy."""
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    save_region(law_city(), folder)
    return folder


@pytest.fixture
def pack(saved: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return shutil.copytree(saved, tmp_path / "pack")


def rewrite(pack: Path, name: str, content: bytes) -> None:
    """Put other bytes in a file and make the manifest agree, as an attacker would."""
    (pack / name).write_bytes(content)
    manifest = json.loads((pack / "region.json").read_text())
    manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (pack / "region.json").write_text(json.dumps(manifest))


def put_parts(pack: Path, name: str, parts: list[bytes]) -> None:
    rewrite(pack, f"{name}.npy", npy(np.frombuffer(b"".join(parts), dtype=np.uint8)))
    rewrite(pack, f"{name}.ends.npy", npy(np.cumsum([len(part) for part in parts], dtype=np.int64)))


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npy_with(header: str, values: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
    encoded = header.encode("latin1")
    return magic + struct.pack("<H", len(encoded)) + encoded + values


def claims(shape: str, descr: str = "'<f8'") -> bytes:
    return npy_with(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", bytes(64))


def archive() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, en=np.zeros((4, 2)))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (archive(), "is no array"),
        (b"", "is no array"),
        (b"\x93NUMPY", "is no array"),
        (b"\x93NUMPY\x09\x00" + bytes(100), "is no array"),
        (claims("(100000000000000,)"), r"shape is \(100000000000000,\); it must be \(4, 2\)"),
        (claims("(100000000000000, 2)"), r"shape is \(100000000000000, 2\)"),
        (claims("(-4, 2)"), r"shape is \(-4, 2\)"),
        (claims("(4, 2)", "'>f8'"), r"type is >f8; it must be float64"),
        (claims("(4, 2)", "'|O'"), "type is object"),
        (claims("(4, 2)", "'(9999,9999,9999)f8'"), "type is|is no array"),
        (claims("(4, 2)", "()"), "is no array"),
        (claims("(4, 2)") + b"0", "its values take 65 bytes; shape"),
        (claims("(4, 2)")[:-1], "its values take 63 bytes; shape"),
        (npy_with("{[]: 1}"), "is no array"),
        (npy_with("(" * 250), "is no array"),
        (npy_with("'''"), "is no array"),
        (npy_with("-" * 200 + "1"), "is no array"),
        (npy_with(" " * 60_000), "is no array"),
        (npy_with("{1: 2, 'a': 3}"), "is no array"),
    ],
)
def test_a_hostile_array_is_refused(pack: Path, content: bytes, message: str) -> None:
    rewrite(pack, "stations.en.npy", content)
    with pytest.raises(PackError, match=rf"stations\.en\.npy: field stations\.en: ({message})"):
        load_region(pack)


@given(st.text(st.characters(max_codepoint=255), max_size=120), st.binary(max_size=20))
@settings(suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.filterwarnings("ignore")
def test_no_header_brings_the_reader_down(header: str, values: bytes) -> None:
    with pytest.raises(ValueError, match="is no array"):
        array_from_npy(npy_with(header, values), np.float64, (4, 2))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_every_plain_array_comes_back(order: Any, version: tuple[int, int]) -> None:
    array = np.asarray(np.arange(12.0).reshape(4, 3), order=order)
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    back = array_from_npy(buffer.getvalue(), np.float64, (4, None))
    assert np.array_equal(back, array)
    assert back.flags.aligned


def nested(levels: int) -> bytes:
    """Return collections within collections: GEOS itself ends the process at 200,000 levels."""
    square: bytes = shapely.to_wkb(SQUARE)
    return struct.pack("<BII", 1, 7, 1) * levels + square


def member(kind: int, inner: bytes) -> bytes:
    return struct.pack("<BII", 1, kind, 1) + inner


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (nested(200_000), "its type is 7; it must be 3 or 6"),
        (nested(1), "its type is 7"),
        (member(6, nested(200_000)), "a member is of type 7; it must be 3"),
        (member(6, member(6, shapely.to_wkb(SQUARE))), "a member is of type 6"),
        (shapely.to_wkb(shapely.Point(1, 2)), "its type is 1"),
        (shapely.to_wkb(shapely.force_3d(SQUARE)), "its type is 2147483651"),
        (shapely.to_wkb(shapely.set_srid(SQUARE, 27700), include_srid=True), "its type is 536870915"),
        (b"\x02" + shapely.to_wkb(SQUARE)[1:], "its byte order is 2"),
        (shapely.to_wkb(SQUARE)[:-1], "its shape takes 93 bytes; there are 92"),
        (shapely.to_wkb(SQUARE) + b"\x00", "its shape takes 93 bytes; there are 94"),
        (shapely.to_wkb(SQUARE)[:4], "it ends too soon"),
        (struct.pack("<BII", 1, 3, 2**32 - 1), "it ends too soon"),
        (struct.pack("<BII", 1, 6, 2**32 - 1), "it ends too soon"),
        (struct.pack("<BIII", 1, 3, 1, 2**32 - 1), "its shape takes"),
        (struct.pack("<BIII4d", 1, 3, 1, 2, 0, 0, 1, 1), "no well-known binary"),
        (
            shapely.to_wkb(SQUARE)[:-16] + struct.pack("<2d", np.nan, 0),
            "no well-known binary|no finite number",
        ),
        (
            shapely.to_wkb(SQUARE).replace(struct.pack("<d", 100), struct.pack("<d", np.inf)),
            "no finite number",
        ),
    ],
)
def test_a_hostile_shape_is_refused(pack: Path, part: bytes, message: str) -> None:
    put_parts(pack, "boundary", [part])
    with pytest.raises(PackError, match=rf"boundary\.npy: field boundary: .*({message})"):
        load_region(pack)


def test_the_part_that_is_wrong_is_named(pack: Path) -> None:
    parts = polygons_to_wkb(law_city().zones.polygons)
    put_parts(pack, "zones.polygons", [*parts[:7], nested(3), *parts[8:]])
    with pytest.raises(PackError, match=r"zones\.polygons\.npy: .*part 7 is no well-known binary"):
        load_region(pack)


@pytest.mark.parametrize(
    "shape",
    [
        SQUARE,
        SQUARE.difference(shapely.box(40, 40, 60, 60)),
        shapely.MultiPolygon([SQUARE, shapely.box(200, 0, 300, 100)]),
    ],
)
@pytest.mark.parametrize("byte_order", [0, 1])
def test_polygons_of_either_byte_order_come_back(shape: shapely.Geometry, byte_order: int) -> None:
    back = polygons_from_wkb([shapely.to_wkb(shape, byte_order=byte_order)])
    assert shapely.equals_exact(back[0], shape, 0.0)


def test_a_boundary_with_heights_is_kept_without_them(tmp_path: Path) -> None:
    city = law_city()
    save_region(replace(city, boundary=shapely.force_3d(city.boundary, 9.0)), tmp_path / "high")
    assert shapely.equals_exact(load_region(tmp_path / "high").boundary, city.boundary, 0.0)


@pytest.mark.parametrize(
    "content",
    [
        b'{"x":' + b"[" * 300_000,
        b'{"format": "\xff", "version": 1}',
        b" " * (MAX_MANIFEST_BYTES + 1),
    ],
)
def test_a_hostile_manifest_is_refused(pack: Path, content: bytes) -> None:
    (pack / "region.json").write_bytes(content)
    with pytest.raises(PackError, match=r"region\.json: is not the manifest"):
        load_region(pack)


@pytest.mark.parametrize("name", ["region.json", "stations.json", "stations.en.npy"])
def test_what_may_be_read_without_end_is_refused(pack: Path, name: str) -> None:
    (pack / name).unlink()
    os.mkfifo(pack / name)
    with pytest.raises(PackError, match=rf"{name}: cannot be read: it is no plain file"):
        load_region(pack)


def test_the_manifest_is_read_once(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = pack_files.read_start

    def counted(path: Path, most: int) -> bytes:
        read.append(path.name)
        return plain(path, most)

    monkeypatch.setattr(pack_store, "read_start", counted)
    load_region(pack)
    assert read.count("region.json") == 1
    assert len(read) == len(set(read))


def change(pack: Path, edit: Callable[[Any], object]) -> None:
    manifest = json.loads((pack / "region.json").read_text())
    edit(manifest)
    (pack / "region.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m["files"]["boundary.npy"].update(bytes=2**40), r"region\.json: field files: \d+ bytes"),
        (lambda m: m["files"]["boundary.npy"].update(bytes=-1), r"region\.json: .*bytes"),
        (lambda m: m["counts"].update(zones=-1), r"region\.json: .*zones"),
        (lambda m: m["counts"].update(road_arcs=10**12), r"region\.json: field files: roads"),
        (lambda m: m["distance_law"].update(starts=10**15), r"start_en\.npy: .* it must be \(10{15}, 2\)"),
        (lambda m: m["files"]["zones.json"].update(bytes=10**8), r"zones\.json: has 100000000 bytes; it may"),
        (lambda m: m.update(id="law\n"), r"region\.json: id: 'law\\n'"),
    ],
)
def test_numbers_and_names_out_of_range_are_refused(
    pack: Path, edit: Callable[[Any], object], message: str
) -> None:
    change(pack, edit)
    with pytest.raises(PackError, match=message):
        load_region(pack)
