"""`cover region demo`, `build` and `show`, as a person types them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geo.region_pack import load_region
from services.cli.region_commands import region
from tests.geo.test_osm import GRID, extract
from tests.shared_data import LONDON, needs_london

pytestmark = pytest.mark.slow


def run(*words: object) -> Result:
    return CliRunner().invoke(region, [str(word) for word in words])


@pytest.mark.parametrize("command", ["demo", "build", "show"])
def test_help_shows_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"cover region {command}" in result.output


def test_demo_writes_a_pack_that_show_reads(tmp_path: Path) -> None:
    made = run("demo", tmp_path / "city", "--seed", 3, "--size", "small")
    assert made.exit_code == 0, made.output
    assert "8 stations, 14 appliances (12 pump, 1 aerial, 1 rescue)" in made.output
    assert "Next: cover serve" in made.output
    shown = run("show", tmp_path / "city")
    assert shown.exit_code == 0
    assert "120 zones, 4 districts" in shown.output
    assert "checked and loaded" in shown.output


def test_demo_replaces_a_pack_but_nothing_else(tmp_path: Path) -> None:
    assert run("demo", tmp_path / "city", "--size", "small").exit_code == 0
    assert run("demo", tmp_path / "city", "--size", "small", "--seed", 2).exit_code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    refused = run("demo", tmp_path / "mine", "--size", "small")
    assert refused.exit_code == 1
    assert "not a region pack" in refused.output
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"


def test_show_says_what_is_wrong(tmp_path: Path) -> None:
    result = run("show", tmp_path / "none")
    assert result.exit_code == 1
    assert "region.json: is missing" in result.output


@pytest.mark.parametrize("words", [(), ("--lfb", "a", "--osm", "b")])
def test_build_wants_one_source(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = run("build", tmp_path / "pack", *words)
    assert result.exit_code == 2
    assert "either --lfb FOLDER or --osm FILE" in result.output


def test_only_records_have_days_to_choose_from(tmp_path: Path) -> None:
    result = run("build", tmp_path / "pack", "--osm", "b", "--calls", "odd-days")
    assert result.exit_code == 2
    assert "needs --lfb" in result.output
    unknown = run("build", tmp_path / "pack", "--lfb", tmp_path, "--calls", "mondays")
    assert "'mondays' is not one of 'all', 'odd-days', 'even-days'" in unknown.output


def test_build_names_a_missing_source(tmp_path: Path) -> None:
    assert "no such folder" in run("build", tmp_path / "pack", "--lfb", tmp_path / "none").output
    assert "no such file" in run("build", tmp_path / "pack", "--osm", tmp_path / "none.pbf").output
    assert not (tmp_path / "pack").exists()


def test_build_from_an_extract(tmp_path: Path) -> None:
    path = extract(tmp_path / "tiny.osm.pbf", GRID)
    result = run("build", tmp_path / "pack", "--osm", path, "--area", "tiny", "--timezone", "Europe/Lisbon")
    assert result.exit_code == 0, result.output
    assert "placed by the roads" in result.output
    assert load_region(tmp_path / "pack").id == "tiny"


def test_build_refuses_a_bad_area_id(tmp_path: Path) -> None:
    path = extract(tmp_path / "tiny.osm.pbf", GRID)
    result = run("build", tmp_path / "pack", "--osm", path, "--area", "No Good")
    assert result.exit_code == 1
    assert "id: 'No Good'" in result.output


@needs_london
@pytest.mark.real_data
def test_build_london_prints_the_counts_and_the_error_of_the_fit(tmp_path: Path) -> None:
    result = run("build", tmp_path / "london", "--lfb", LONDON)
    assert result.exit_code == 0, result.output
    assert "102 land stations" in result.output
    assert "142 pumps" in result.output
    assert "held out (5 parts), first pumps" in result.output
    assert "mean absolute error" in result.output
