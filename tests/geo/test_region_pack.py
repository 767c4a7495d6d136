"""A pack comes back as it was written, and every kind of damage is named."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo.distance_law import DistanceLaw
from geo.region import Region
from geo.region_pack import PackError, load_region, save_region
from tests.geo.cities import law_city, small_city


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the small city's pack, for tests to copy."""
    folder = tmp_path_factory.mktemp("packs") / "small"
    save_region(small_city(), folder)
    return folder


@pytest.fixture
def pack(saved: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return shutil.copytree(saved, tmp_path / "pack")


def assert_same(one: Region, other: Region) -> None:
    for name in (
        "id",
        "name",
        "attribution",
        "generated",
        "timezone",
        "kinds",
        "districts",
        "turnout_s",
        "crs",
    ):
        assert getattr(one, name) == getattr(other, name), name
    for part, fields in (
        ("stations", ("ids", "names", "district", "en", "bays")),
        ("appliances", ("ids", "kind", "home")),
        ("zones", ("ids", "names", "district", "en", "population")),
    ):
        for name in fields:
            assert np.array_equal(getattr(getattr(one, part), name), getattr(getattr(other, part), name)), (
                name
            )
    for name in ("demand_per_h", "station_zone_s", "station_station_s"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert getattr(other, name).dtype == np.float32
    assert shapely.equals_exact(one.zones.polygons, other.zones.polygons, 0.0).all()
    assert shapely.equals_exact(one.boundary, other.boundary, 0.0)


def test_a_region_with_roads_comes_back_the_same(saved: Path) -> None:
    city, back = small_city(), load_region(saved)
    assert_same(city, back)
    assert back.travel is back.roads
    for name in ("node_en", "tail", "head", "travel_s", "speed_class"):
        assert np.array_equal(getattr(city.roads, name), getattr(back.roads, name)), name
    ends = city.stations.en[0], city.stations.en[1]
    assert back.travel.route(*ends).travel_s == city.travel.route(*ends).travel_s


def test_a_region_with_a_distance_law_comes_back_the_same(tmp_path: Path) -> None:
    city = law_city()
    save_region(city, tmp_path / "law")
    back = load_region(tmp_path / "law")
    assert_same(city, back)
    assert back.roads is None
    assert isinstance(back.travel, DistanceLaw)
    assert np.array_equal(
        back.travel.matrix(back.stations.en, back.zones.en),
        city.travel.matrix(city.stations.en, city.zones.en),
    )


def test_the_same_region_is_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save_region(small_city(), tmp_path / "again")
    for path in saved.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_an_older_pack_is_replaced_and_nothing_is_left_beside_it(pack: Path) -> None:
    save_region(law_city(), pack)
    assert load_region(pack).id == "law"
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]


def test_a_folder_that_is_no_pack_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(PackError, match="holds something that is not a region pack"):
        save_region(small_city(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "pack").write_text("mine")
    with pytest.raises(PackError, match="is a file"):
        save_region(small_city(), tmp_path / "pack")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    save_region(law_city(), tmp_path)
    assert load_region(tmp_path).id == "law"


def test_a_failed_write_leaves_the_older_pack(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geo.pack_files.os.fsync", full)
    with pytest.raises(PackError, match="No space left"):
        save_region(law_city(), pack)
    assert load_region(pack).id == "demo"
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]


def file_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_file_is_missed_when_it_is_gone(pack: Path) -> None:
    for name in file_names(pack):
        content = (pack / name).read_bytes()
        (pack / name).unlink()
        with pytest.raises(PackError, match=f"{name}: is missing"):
            load_region(pack)
        (pack / name).write_bytes(content)
    load_region(pack)


def test_one_wrong_bit_in_any_file_is_noticed(pack: Path) -> None:
    for name in file_names(pack):
        if name == "region.json":
            continue
        content = bytearray((pack / name).read_bytes())
        content[-1] ^= 1
        (pack / name).write_bytes(content)
        with pytest.raises(PackError, match=f"{name}: its sha256"):
            load_region(pack)
        content[-1] ^= 1
        (pack / name).write_bytes(content)


def test_a_file_cut_short_is_noticed(pack: Path) -> None:
    path = pack / "demand_per_h.npy"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(PackError, match=r"demand_per_h\.npy: has \d+ bytes; the manifest says"):
        load_region(pack)


def change_manifest(pack: Path, change: Any) -> None:
    manifest = json.loads((pack / "region.json").read_text())
    change(manifest)
    (pack / "region.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(version=2), r"region\.json: field version: 2; this code reads 1"),
        (lambda m: m.update(format="zip"), r"region\.json: field format: 'zip'"),
        (lambda m: m.pop("format"), r"region\.json: is not the manifest.*format"),
        (lambda m: m.pop("crs"), r"region\.json: .*crs"),
        (lambda m: m.update(extra=1), r"region\.json: .*extra"),
        (lambda m: m.update(turnout_s="75"), r"region\.json: .*turnout_s"),
        (lambda m: m.update(turnout_s=-5.0), r"region\.json: turnout_s: -5"),
        (lambda m: m.update(timezone="Mars/Base"), r"region\.json: timezone: 'Mars/Base'"),
        (lambda m: m["counts"].update(zones=7), r"zones\.json: field ids: 120 of them; the manifest says 7"),
        (lambda m: m["counts"].update(kinds=1), r"region\.json: field counts\.kinds: 1; the list has 3"),
        (lambda m: m["counts"].update(road_nodes=3), r"roads\.node_en\.npy: field roads\.node_en: shape"),
        (lambda m: m["counts"].update(road_arcs=0), r"field distance_law: it is null and there are no roads"),
        (lambda m: m["files"].pop("boundary.npy"), r"region\.json: field files: boundary\.npy is not listed"),
        (lambda m: m["kinds"][0].update(first_target_s=0), r"region\.json: kind pump: targets"),
    ],
)
def test_a_manifest_that_is_wrong_is_named(pack: Path, change: Any, message: str) -> None:
    change_manifest(pack, change)
    with pytest.raises(PackError, match=message):
        load_region(pack)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"format": 3}'])
def test_a_manifest_that_is_no_manifest_is_named(pack: Path, content: bytes) -> None:
    (pack / "region.json").write_bytes(content)
    with pytest.raises(PackError, match=r"region\.json: is not the manifest"):
        load_region(pack)


def test_a_missing_folder_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cover region demo"):
        load_region(tmp_path / "nowhere")


def rewrite(pack: Path, name: str, content: bytes) -> None:
    """Put other bytes in a file and make the manifest agree, as a careless tool would."""
    import hashlib

    (pack / name).write_bytes(content)
    entry = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change_manifest(pack, lambda m: m["files"].update({name: entry}))


def save_array(pack: Path, name: str, array: Any, **options: Any) -> None:
    np.save(pack / f"{name}.npy", array, **options)
    rewrite(pack, f"{name}.npy", (pack / f"{name}.npy").read_bytes())


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("stations.en", lambda a: a[:-1], r"stations\.en\.npy: field stations\.en: shape is \(7, 2\)"),
        ("stations.en", lambda a: a * np.nan, r"stations\.en\.npy: stations\.en: value nan"),
        ("stations.bays", lambda a: a - 100, r"stations\.bays\.npy: stations\.bays: value -"),
        (
            "demand_per_h",
            lambda a: a.astype(np.float64),
            r"demand_per_h\.npy: field demand_per_h: type is float64",
        ),
        ("demand_per_h", lambda a: -a - 1, r"demand_per_h\.npy: demand_per_h: value -"),
        ("zones.district", lambda a: a + 50, r"zones\.district\.npy: zones\.district: value"),
        ("roads.head", lambda a: a + 10**6, r"roads\.head\.npy: roads\.head: value"),
        ("zones.polygons", lambda a: a[:-9], r"zones\.polygons\.npy: .*do not fit"),
        ("zones.polygons", lambda a: a * 0, r"zones\.polygons\.npy: .*no well-known binary"),
        ("boundary", lambda a: np.append(a, a), r"boundary\.npy: .*do not fit"),
    ],
)
def test_wrong_values_are_named_by_file_and_field(pack: Path, name: str, change: Any, message: str) -> None:
    save_array(pack, name, change(np.load(pack / f"{name}.npy")))
    with pytest.raises(PackError, match=message):
        load_region(pack)


def test_an_array_of_objects_is_never_unpickled(pack: Path) -> None:
    save_array(pack, "stations.en", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(PackError, match=r"stations\.en\.npy: field stations\.en: type is object"):
        load_region(pack)


def test_a_file_that_is_no_array_is_named(pack: Path) -> None:
    rewrite(pack, "stations.en.npy", b"hello")
    with pytest.raises(PackError, match=r"stations\.en\.npy: field stations\.en: is no array"):
        load_region(pack)


def test_names_that_are_no_names_are_named(pack: Path) -> None:
    rewrite(pack, "stations.json", b'{"ids": [1], "names": []}')
    with pytest.raises(PackError, match=r"stations\.json: .*ids"):
        load_region(pack)


def test_a_pack_that_holds_something_else_too_is_not_replaced(tmp_path: Path) -> None:
    region = small_city()
    folder = tmp_path / "pack"
    save_region(region, folder)
    save_region(region, folder)
    (folder / "log").mkdir()
    (folder / "log" / "precious").write_text("events")
    with pytest.raises(PackError, match="'log', which is not of the pack"):
        save_region(region, folder)
    assert (folder / "log" / "precious").read_text() == "events"
