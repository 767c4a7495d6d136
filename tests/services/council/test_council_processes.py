"""A council's processes as their users start them: killed and started again, and on real Kafka and Redis."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.services import Services
from geo.council_pack import save_council
from streams import codec
from streams.council_events import StopDone, VehicleStatus, VehicleStatusChanged
from streams.events import EventData
from tests.services.council.test_council_service import AREA, BULKY, COUNCIL, DONE, missed, wire
from tests.services.process import CoverProcess, free_port

pytestmark = pytest.mark.slow

BATCH = {"Content-Type": "application/cloudevents-batch+json"}
WITHIN_S = 60.0


def send(url: str, *events: tuple[EventData, float]) -> None:
    body = codec.encode_batch([wire(data, minute) for data, minute in events])
    answer = httpx.post(f"{url}/api/v1/areas/{AREA}/events", content=body, headers=BATCH, timeout=10)
    assert answer.status_code == 202, answer.text


def day(url: str) -> dict[str, Any]:
    """The day, its digest and the open proposals."""
    answer = httpx.get(f"{url}/api/v1/areas/{AREA}/day", timeout=10)
    return dict(answer.json()) if answer.status_code == 200 else {}


def until(url: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    give_up = time.monotonic() + WITHIN_S
    shown: dict[str, Any] = {}
    while time.monotonic() < give_up:
        shown = day(url)
        if shown and holds(shown):
            return shown
        time.sleep(0.1)
    raise AssertionError(f"not within {WITHIN_S} s: {str(shown)[:600]}")


def proposed(*causes: str) -> Callable[[dict[str, Any]], bool]:
    """Whether these and no others wait with a proposal."""

    def holds(shown: dict[str, Any]) -> bool:
        found = {f"{p['cause']['kind']}:{p['cause']['id']}" for p in shown["proposals"]}
        return found == set(causes)

    return holds


def approve(url: str, shown: dict[str, Any], cause: str) -> None:
    (proposal,) = [p for p in shown["proposals"] if p["cause"]["id"] == cause]
    answer = httpx.post(
        f"{url}/api/v1/areas/{AREA}/rounds/proposals/{proposal['proposal_id']}/decisions",
        json={"action": "approve", "operator": "Manager 1"},
        timeout=20,
    )
    assert answer.status_code == 201, answer.text


def test_a_killed_service_comes_back_with_the_same_day(tmp_path: Path) -> None:
    save_council(COUNCIL, tmp_path / "pack")
    port = free_port()
    words = ["serve", "--council", str(tmp_path / "pack"), "--data", str(tmp_path / "data")]
    service = CoverProcess(
        [*words, "--port", str(port)], port, tmp_path / "log", {"COVER_CHECKPOINT_S": "0.2"}
    )
    try:
        service.start()
        send(service.url, (StopDone("RCV01", DONE), 0), (missed(), 1), (missed("SR-2", 300, BULKY), 2))
        approve(service.url, until(service.url, proposed("request:SR-1", "request:SR-2")), "SR-1")
        before = until(service.url, proposed("request:SR-2"))
        service.kill()
        service.start()
        after = until(service.url, proposed("request:SR-2"))
        assert after["digest"] == before["digest"] and after["day"]["version"] == 1
        assert len(after["day"]["decisions"]) == 1
        send(service.url, (VehicleStatusChanged("RCV03", VehicleStatus.BROKEN_DOWN), 5))
        until(service.url, proposed("request:SR-2", "breakdown:RCV03"))
        assert not httpx.get(f"{service.url}/api/v1/areas/{AREA}/dead-letters").json()["dead_letters"]
    finally:
        service.kill()


@pytest.mark.services
def test_over_kafka_and_redis_a_worker_that_is_killed_is_replaced(
    kafka_and_redis: Services, tmp_path: Path
) -> None:
    save_council(COUNCIL, tmp_path / "pack")
    environment = {
        "COVER_KAFKA": kafka_and_redis.kafka_address,
        "COVER_REDIS": kafka_and_redis.redis_url,
        "COVER_TOPIC_PREFIX": f"council-{secrets.token_hex(4)}",
        "COVER_CHECKPOINT_S": "0.2",
    }
    processes = {}
    for name in ("api", "one", "two"):
        port = free_port()
        words = ["api"] if name == "api" else ["worker", "--name", name]
        arguments = [*words, "--council", str(tmp_path / "pack"), "--port", str(port)]
        processes[name] = CoverProcess(arguments, port, tmp_path / f"{name}.log", environment)
    api, one, two = processes.values()
    try:
        one.start()
        api.start()
        send(api.url, (StopDone("RCV01", DONE), 0), (missed(), 1))
        approve(api.url, until(api.url, proposed("request:SR-1")), "SR-1")
        digest = until(api.url, proposed())["digest"]
        two.start()
        one.kill()
        send(api.url, (VehicleStatusChanged("RCV03", VehicleStatus.BROKEN_DOWN), 5))
        shown = until(api.url, proposed("breakdown:RCV03"))
        assert shown["day"]["version"] == 1 and shown["digest"] != digest
    finally:
        for process in processes.values():
            process.kill()
