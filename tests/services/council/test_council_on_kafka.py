"""A council and its brigade on Kafka and Redis end with the day and the picture of one process."""

import secrets
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.services import Services
from streams import codec
from streams.council_events import (
    FeedbackCategory,
    FeedbackSignal,
    ReportChannel,
    RequestClosed,
    RequestOutcome,
    RoadClosed,
    ServiceCode,
    ServiceRequested,
    VehiclePosition,
    VehicleStatus,
    VehicleStatusChanged,
)
from streams.events import EventData
from tests.services.process import CoverProcess, free_port
from tests.services.signals import smoke
from tests.services.small_town import Town, clock, crews_at_work, wire

HOUR = 10.0
AT_ONCE = 50
WITHIN_S = 60.0
Json = dict[str, Any]


def of_the_council(town: Town) -> list[bytes]:
    """A morning with something of everything; some of it is sent twice."""
    council = town.council
    at, homes, streets = clock(HOUR), council.properties, council.streets.ids
    data: list[EventData] = []
    for number, service in enumerate(ServiceCode):
        east, north = homes.en[97 * number].tolist()
        uprn = str(homes.uprn[97 * number])
        data.append(ServiceRequested(f"SR-{number}", service, ReportChannel.EVENT, east, north, at, uprn))
    east, north = homes.en[0].tolist()
    data += [
        RequestClosed("SR-3", RequestOutcome.WITHDRAWN),
        VehicleStatusChanged("RCV04", VehicleStatus.BROKEN_DOWN),
        VehiclePosition("RCV01", east, north, {council.materials[0]: 1_200.0}),
        RoadClosed("K-1", [streets[5]]),
    ]
    for number in range(4):
        east, north = homes.en[10 * number].tolist()
        missed = FeedbackCategory.MISSED_COLLECTION
        data.append(FeedbackSignal(f"F-{number}", missed, east, north, 60.0, at, 0.0, 0.8))
    events = [wire(council.id, one, at, f"council {number}") for number, one in enumerate(data)]
    return [*crews_at_work(council, HOUR), *events, *events[:5]]


def of_the_brigade(town: Town) -> list[bytes]:
    """Smoke, told by three."""
    place = town.region.zones.en[0].tolist()
    told = [smoke(f"S-{number}", (place[0], place[1]), 0, f"r{number}") for number in range(3)]
    return [wire(town.region.id, one, one.seen_at, one.signal) for one in told]


def fed(url: str, town: Town) -> tuple[Json, Json]:
    """(day, picture) once everything is folded."""
    last = {}
    for area, events in ((town.council.id, of_the_council(town)), (town.region.id, of_the_brigade(town))):
        for begin in range(0, len(events), AT_ONCE):
            answer = httpx.post(
                f"{url}/api/v1/areas/{area}/events",
                content=codec.encode_batch(events[begin : begin + AT_ONCE]),
                headers={"Content-Type": "application/cloudevents-batch+json"},
                timeout=WITHIN_S,
            )
            assert answer.status_code == 202, answer.text
            last[area] = answer.json()["last_offset"]
    give_up = time.monotonic() + WITHIN_S
    while time.monotonic() < give_up:
        day = httpx.get(f"{url}/api/v1/areas/{town.council.id}/day", timeout=WITHIN_S).json()
        picture = httpx.get(f"{url}/api/v1/areas/{town.region.id}/picture", timeout=WITHIN_S).json()
        if day["day"]["offset"] >= last[town.council.id] and picture["clusters"]:
            return day, picture
        time.sleep(0.1)
    raise AssertionError(f"not folded within {WITHIN_S} s")


@pytest.mark.services
@pytest.mark.slow
def test_a_council_on_kafka_ends_as_in_one_process(
    town: Town, kafka_and_redis: Services, tmp_path: Path
) -> None:
    servers = {
        "COVER_KAFKA": kafka_and_redis.kafka_address,
        "COVER_REDIS": kafka_and_redis.redis_url,
        "COVER_TOPIC_PREFIX": f"council-{secrets.token_hex(4)}",
        "COVER_CERTIFY_S": "0",
    }

    def process(*words: str) -> CoverProcess:
        port = free_port()
        arguments = [*words, *town.arguments, "--port", str(port)]
        return CoverProcess(arguments, port, tmp_path / f"{words[0]}.log", servers)

    one, api, worker = process("serve"), process("api"), process("worker", "--name", "one")
    everybody = (one, worker, api)
    try:
        for each in everybody:
            each.launch()
        for each in everybody:
            each.await_ready()
        day, picture = fed(one.url, town)
        far_day, far_picture = fed(api.url, town)
        assert [each.stop() for each in everybody] == [0, 0, 0]
    finally:
        for each in everybody:
            each.kill()
    assert far_day["digest"] == day["digest"]
    assert far_picture["digest"] == picture["digest"]
    for part in ("clusters", "closures", "locks", "skipped", "decisions"):
        assert far_day["day"][part] == day["day"][part], part
    assert day["day"]["clusters"] and day["day"]["closures"]
    assert len(day["day"]["changes"]) >= len(ServiceCode)
    assert {one["status"] for one in day["day"]["rounds"]} == {"in_service", "broken_down"}
