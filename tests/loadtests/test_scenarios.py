"""The Locust scenarios: their curves and events, and each of them for three seconds against a service."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo.council_pack import save_council
from geo.region_pack import save_region
from loadtests.pipeline.brigade import Brigade, read_brigade
from loadtests.pipeline.processes import CoverProcess, cover
from loadtests.scenarios.area_streams import packs
from loadtests.scenarios.curve import RAMP, SHAPES, SOAK, SPIKE, STEADY, Curve
from loadtests.scenarios.major_incident import COMMITTED, WITHIN_S, MajorIncident
from loadtests.scenarios.stream_message import read_message
from services.event_check import EventCheck
from streams import codec
from tests.geo.councils import grid_council
from tests.services.live import small_region
from tests.shared_data import ROOT

SECONDS = 3
"""Of each scenario."""
SCENARIOS = {
    "control_room_day": (STEADY, {"events, by 10", "stream opened", "plan", "region"}),
    "major_incident_night": (SPIKE, {"major incident opened", "status storm, by 10", "plan"}),
    "national_rollout": (SOAK, {"events, by 10", "plan"}),
    "coming_and_going": (RAMP, {"began", "snapshot"}),
    "council_day": (STEADY, {"report", "day", "stream opened"}),
    "holiday_surge": (SPIKE, {"report", "posts, by 5"}),
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "small"
    save_region(small_region(), folder)
    return folder


@pytest.fixture(scope="module")
def brigade(pack: Path) -> Brigade:
    return read_brigade(pack)


def users(shape: str) -> list[int | None]:
    return [Curve(shape, 100, 100.0).at(second) for second in (0, 10, 50, 90, 100)]


def test_the_curves_are_what_their_names_say() -> None:
    assert users(RAMP) == [1, 10, 50, 90, None]
    assert users(STEADY) == [100, 100, 100, 100, None]
    assert users(SPIKE) == [20, 20, 100, 20, None]
    assert users(SOAK) == [1, 100, 100, 100, None]


@pytest.mark.parametrize("wrong", [("wave", 1, 1.0), (RAMP, 0, 1.0), (RAMP, 1, 0.0)])
def test_a_curve_that_makes_no_sense_is_refused(wrong: tuple[str, int, float]) -> None:
    with pytest.raises(ValueError, match="LOAD_"):
        Curve(*wrong)


def test_a_major_incident_commits_ten_within_a_minute_and_then_storms(brigade: Brigade) -> None:
    incident = MajorIncident(brigade, 7, 1, begin_s=3_600.0)
    opening = [codec.decode(wire) for wire in incident.opening()]
    storm = [codec.decode(wire) for wire in itertools.islice(incident.storm(), 500)]
    check, as_of = EventCheck(small_region()), datetime(2000, 1, 1, tzinfo=UTC)
    for event in opening + storm:
        check.content(event, as_of)
        assert event.time >= as_of
        as_of = event.time
    assert len(opening) == COMMITTED + 1
    assert 0 < (opening[-1].time - opening[0].time).total_seconds() < WITHIN_S
    assert len({event.id for event in opening + storm}) == COMMITTED + 501
    assert {event.type.split(".")[-2] for event in storm} == {"status", "position"}


def test_messages_of_the_stream_are_read() -> None:
    wire = b'id: 7\nevent: plan\ndata: {"plan_id":"p","published_at":"2025-06-06T06:00:00Z","moves":[]}\n\n'
    told = read_message(wire)
    assert told is not None and told.plan is not None
    assert (told.event, told.id, told.plan.plan_id) == ("plan", "7", "p")
    assert told.plan.published_at == datetime(2025, 6, 6, 6, tzinfo=UTC)
    assert read_message(b": waiting\n\n") is None
    assert read_message(b"retry: 1000\n\n") is None


def test_a_folder_may_hold_one_pack_or_several(pack: Path, tmp_path: Path) -> None:
    assert packs(pack) == packs(pack.parent) == [pack]
    with pytest.raises(SystemExit, match="no region pack"):
        packs(tmp_path)


@pytest.fixture(scope="module")
def service(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoverProcess]:
    folder = tmp_path_factory.mktemp("serve")
    save_council(grid_council(), folder / "council")
    words = ["serve", "--region", str(pack), "--council", str(folder / "council"), "--port", "0"]
    with cover(words, {}, folder / "serve.log") as process:
        process.await_ready()
        yield process


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_runs_against_a_service_without_a_failure(
    scenario: str, service: CoverProcess, pack: Path
) -> None:
    shape, wanted = SCENARIOS[scenario]
    settings = {
        "LOAD_SHAPE": shape,
        "LOAD_USERS": "7",
        "LOAD_SECONDS": str(SECONDS),
        "LOAD_REGION": str(pack),
        "LOAD_AREA": grid_council().id,
    }
    words = ["-m", "locust", "-f", f"loadtests/scenarios/{scenario}.py", "--headless", "--json", "--skip-log"]
    told = subprocess.run(
        [sys.executable, *words, "--host", service.url, "--stop-timeout", "1"],
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    rows = json.loads(told.stdout) if told.stdout else []
    failed = {row["name"]: row["num_failures"] for row in rows if row["num_failures"]}
    assert (failed, told.returncode) == ({}, 0), told.stderr[-2_000:]
    assert wanted <= {row["name"] for row in rows}


def test_every_shape_is_tried() -> None:
    assert {shape for shape, _ in SCENARIOS.values()} == set(SHAPES)
