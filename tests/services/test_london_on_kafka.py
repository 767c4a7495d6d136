"""The London sample over four areas: two workers and an API on Kafka end with the pictures of one process."""

import json
import secrets
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.services import Services
from tests.services.process import COVER, CoverProcess, free_port
from tests.shared_data import LONDON, ROOT, needs_london

AREAS = [f"london-{i}" for i in range(1, 5)]
INCIDENTS = 400


def pictures_after_replay(packs: Path, url: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(picture of each area, report) once the whole replay is folded."""
    report = folder / "report.json"
    records = LONDON / "lfb_incidents_2023_sample.csv"
    command = [*COVER, "replay", "--region", str(packs), "--lfb", str(records), "--limit", str(INCIDENTS)]
    told = subprocess.run(
        [*command, "--run-id", "four", "--url", url, "--report", str(report)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    pictures = {area: httpx.get(f"{url}/api/v1/areas/{area}/picture").json() for area in AREAS}
    return pictures, json.loads(report.read_text())


@pytest.mark.services
@pytest.mark.slow
@pytest.mark.real_data
@needs_london
def test_four_areas_of_london_on_kafka_end_as_in_one_process(
    kafka_and_redis: Services, london_pack: Path, tmp_path: Path
) -> None:
    packs = tmp_path / "quarters"
    split = [*COVER, "region", "split", str(london_pack), str(packs), "--parts", "4"]
    subprocess.run(split, check=True, cwd=ROOT, timeout=120, stdout=subprocess.DEVNULL)
    servers = {
        "COVER_KAFKA": kafka_and_redis.kafka_address,
        "COVER_REDIS": kafka_and_redis.redis_url,
        "COVER_TOPIC_PREFIX": f"london-{secrets.token_hex(4)}",
    }

    def process(name: str, *words: str) -> CoverProcess:
        port = free_port()
        arguments = [*words, "--region", str(packs), "--port", str(port)]
        return CoverProcess(arguments, port, tmp_path / f"{name}.log", servers)

    one = process("serve", "serve")
    try:
        one.start()
        (tmp_path / "one").mkdir()
        expected, plain = pictures_after_replay(packs, one.url, tmp_path / "one")
    finally:
        one.kill()

    several = [
        process("api", "api"),
        process("worker-1", "worker", "--name", "worker-1"),
        process("worker-2", "worker", "--name", "worker-2"),
    ]
    try:
        for each in several:
            each.launch()
        for each in several:
            each.await_ready()
        (tmp_path / "several").mkdir()
        found, report = pictures_after_replay(packs, several[0].url, tmp_path / "several")
        served = [httpx.get(f"{worker.url}/readyz").json()["areas"] for worker in several[1:]]
        assert [worker.stop() for worker in several] == [0, 0, 0]
    finally:
        for each in several:
            each.kill()

    assert sorted(area for areas in served for area in areas) == AREAS
    assert all(served), "a worker had no area"
    assert report["total"]["events"] == plain["total"]["events"] > 0
    assert report["total"]["incidents"] == plain["total"]["incidents"] > INCIDENTS / 2
    for area in AREAS:
        for part in ("digest", "counts", "appliances", "incidents"):
            assert found[area][part] == expected[area][part], (area, part)
