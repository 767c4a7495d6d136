"""kill -9 of the service during a replay, ten times at random moments: the picture must not show it."""

import json
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.process import COVER, CoverProcess, free_port
from tests.shared_data import LONDON, ROOT, needs_london

KILLS = 10
INCIDENTS = 1_500
KILLED_SPEED = "3500"
"""1,500 incidents are 4.4 days: at this speed 109 s, in which ten kills and restarts fit on a busy machine."""
RECORDS = LONDON / "lfb_incidents_2023_sample.csv"


def replay_command(pack: Path, url: str, report: Path, speed: str) -> list[str]:
    options = {
        "--region": str(pack),
        "--lfb": str(RECORDS),
        "--density": "340",
        "--speed": speed,
        "--limit": str(INCIDENTS),
        "--accept": "none",
        "--run-id": "crash-test",
        "--url": url,
        "--report": str(report),
    }
    return [*COVER, "replay", *(word for option in options.items() for word in option)]


def final_picture(url: str) -> dict[str, Any]:
    """The picture once the worker has folded everything."""
    area = f"{url}/api/v1/areas/london/picture"
    before: dict[str, Any] = {}
    for _ in range(100):
        picture: dict[str, Any] = httpx.get(area, timeout=5).json()
        if picture["digest"] == before.get("digest"):
            return picture
        before = picture
        time.sleep(0.3)
    raise AssertionError("the picture does not come to rest")


def replayed(
    pack: Path, folder: Path, kills: int, rng: random.Random
) -> tuple[dict[str, Any], dict[str, Any], int]:
    """(picture, report, kills done) after a replay disturbed by `kills` kills."""
    folder.mkdir()
    port = free_port()
    arguments = ["serve", "--region", str(pack), "--data", str(folder / "data"), "--port", str(port)]
    service = CoverProcess(arguments, port, folder / "service.log")
    service.start()
    report = folder / "report.json"
    done = 0
    try:
        with (folder / "replay.log").open("wb") as out:
            replay = subprocess.Popen(
                replay_command(pack, service.url, report, KILLED_SPEED if kills else "max"),
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        while done < kills and replay.poll() is None:
            time.sleep(rng.uniform(0.2, 2.0))
            service.kill()
            done += 1
            service.start()
        code = replay.wait(500)
        assert code == 0, (folder / "replay.log").read_text()[-3000:]
        return final_picture(service.url), json.loads(report.read_text()), done
    finally:
        service.kill()


@pytest.mark.slow
@pytest.mark.real_data
@needs_london
def test_ten_kills_during_a_replay_leave_no_trace(london_pack: Path, tmp_path: Path) -> None:
    seed = int(os.environ.get("COVER_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"COVER_TEST_SEED={seed}")
    undisturbed, plain_report, _ = replayed(london_pack, tmp_path / "undisturbed", 0, random.Random(seed))
    killed, report, kills = replayed(london_pack, tmp_path / "killed", KILLS, random.Random(seed))
    assert kills == KILLS, "the replay ended before all kills were done"
    assert report["incidents"] == plain_report["incidents"] == INCIDENTS
    assert report["dead_letters"] == 0
    assert killed["digest"] == undisturbed["digest"]
    assert killed["appliances"] == undisturbed["appliances"]
    assert killed["incidents"] == undisturbed["incidents"] == []
    assert {a["status"] for a in killed["appliances"]} == {"available"}
