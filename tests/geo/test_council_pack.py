"""A council comes back from its pack as it was written, and every kind of damage is named."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo.council_pack import PackError, load_council, save_council
from geo.region_pack import load_region, save_region
from tests.geo.cities import law_city
from tests.geo.councils import grid_council, small_council


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the grid council's pack, for tests to copy."""
    folder = tmp_path_factory.mktemp("packs") / "grid"
    save_council(grid_council(), folder)
    return folder


@pytest.fixture
def pack(saved: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return shutil.copytree(saved, tmp_path / "pack")


@pytest.mark.parametrize("council", [grid_council, small_council])
def test_a_council_comes_back_as_it_was(council: Any, tmp_path: Path) -> None:
    one = council()
    save_council(one, tmp_path / "council")
    two = load_council(tmp_path / "council")
    for name in one.__slots__:
        before, after = getattr(one, name), getattr(two, name)
        if name == "boundary":
            assert shapely.equals_exact(before, after, 0.0)
        elif isinstance(before, np.ndarray):
            assert np.array_equal(before, after), name
        elif hasattr(before, "__slots__") and name != "_lazy":
            for field in before.__slots__:
                assert np.array_equal(getattr(before, field), getattr(after, field)), (name, field)
        elif name != "_lazy":
            assert before == after, name


def test_the_same_council_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save_council(grid_council(), tmp_path / "again")
    for path in saved.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_one_wrong_byte_in_any_file_is_named(saved: Path, tmp_path: Path) -> None:
    names = [path.name for path in saved.iterdir() if path.name != "council.json"]
    assert len(names) > 50
    for name in names:
        pack = shutil.copytree(saved, tmp_path / name)
        content = bytearray((pack / name).read_bytes())
        content[-1] ^= 1
        (pack / name).write_bytes(content)
        with pytest.raises(PackError, match=f"{name}: its sha256 is not"):
            load_council(pack)


def change(pack: Path, edit: Any) -> None:
    manifest = json.loads((pack / "council.json").read_text())
    edit(manifest)
    (pack / "council.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(version=9), r"field version: 9; this code reads 1.*`cover council demo`"),
        (lambda m: m.update(format="dynamic-cover-region"), "field format: 'dynamic-cover-region'"),
        (lambda m: m.update(timezone="Nowhere"), r"council\.json: timezone: 'Nowhere' is unknown"),
        (lambda m: m["counts"].pop("arcs"), r"council\.json: .*arcs"),
        (lambda m: m["counts"].update(stops=119), r"stops\.json: field ids: 120 of them"),
        (lambda m: m["counts"].update(nodes=35), r"roads\.node_en\.npy: field roads\.node_en"),
        (lambda m: m["counts"].update(stop_bans=2), r"stops\.ban_from_s\.npy: field stops\.ban_from_s"),
        (lambda m: m["costs"].update(km=-1), r"council\.json: costs\.km: -1"),
        (lambda m: m["past"][0].update(overtime_h=-1), r"past\.overtime_h: value -1"),
        (lambda m: m["files"].pop("rounds.json"), r"rounds\.json is not listed"),
        (lambda m: m.update(stray=1), "unknown field"),
    ],
)
def test_a_wrong_manifest_is_named(pack: Path, edit: Any, message: str) -> None:
    change(pack, edit)
    with pytest.raises(PackError, match=message):
        load_council(pack)


def test_a_missing_pack_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"is no council pack: build one, e\.g\. `cover council demo"):
        load_council(tmp_path / "none")


def test_packs_of_the_two_kinds_do_not_replace_or_read_each_other(pack: Path, tmp_path: Path) -> None:
    save_region(law_city(), tmp_path / "region")
    with pytest.raises(PackError, match="not a council pack"):
        save_council(grid_council(), tmp_path / "region")
    with pytest.raises(PackError, match="not a region pack"):
        save_region(law_city(), pack)
    with pytest.raises(PackError, match="is missing"):
        load_region(pack)
    assert load_council(pack).id == "grid-council"
