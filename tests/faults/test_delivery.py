"""What comes in is wrong, comes twice, comes in the wrong order: in effect it is once and right."""

import asyncio
import time

import pytest

from tests.faults.cluster import AREAS
from tests.faults.feeder import Delivery
from tests.faults.scene import Scene, Stage

pytestmark = [pytest.mark.services, pytest.mark.slow]

POISONED = AREAS[0]
GARBAGE = [
    b"\xff\xfe\x00 no text at all",
    b'{"specversion": "1.0", "id": "half an ev',
    b'{"specversion":"1.0","id":"p1","source":"/poison","type":"dynamiccover.no.such.v1",'
    b'"time":"2025-06-06T10:00:00Z","area":"area-1","data":{}}',
    b'{"specversion":"1.0","id":"p2","source":"/poison","type":"dynamiccover.incident.stopped.v1",'
    b'"time":"2025-06-06T10:00:00Z","area":"area-2","data":{"incident":"I1"}}',
]
"""No text, a torn record, a type there is not, an event of another area."""
DELIVERY = Delivery(window=32, repeated=0.3)
"""32 events are 16 seconds of an area's time."""
GOES_ON_S = 6.0


def test_poison_in_the_middle_of_a_stream_is_kept_once(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        owner = await asyncio.to_thread(stage.cluster.owner, POISONED)
        assert owner is not None
        poisoned = time.monotonic()
        offsets = await asyncio.to_thread(stage.truth.poison, POISONED, GARBAGE)
        scene.poisoned[POISONED] = offsets
        seconds = await scene.plans_flow(poisoned)
        scene.note("four poisoned records → plans for events behind them", seconds)
        # Whoever takes the area over meets the poison again: the checkpoint stands before it.
        stage.cluster[owner].kill()
        await asyncio.to_thread(stage.cluster[owner].launch)
        await scene.plans_flow(time.monotonic())

    stage.play("poison in the middle of a stream", fault)


def test_duplicates_and_disorder(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        began = time.monotonic()
        await asyncio.sleep(GOES_ON_S)
        scene.note("events → plans, meanwhile", await scene.plans_flow(began + GOES_ON_S))
        feeds = scene.feeder.areas.values()
        assert min(feed.repeats for feed in feeds) > 0, "nothing was sent twice"

    stage.play("delivery twice and out of order", fault, delivery=DELIVERY)
