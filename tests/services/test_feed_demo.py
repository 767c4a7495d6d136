"""The demo's day: it starts in the middle of things, proposes, and carries out what is accepted."""

import asyncio
import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest

from geo.travel_time import Route
from optimiser.simulation.transition import ApplianceTransition, IncidentTransition
from services.feed import demo_day
from services.feed.api_client import ApiClient
from services.feed.appliance_trackers import ApplianceTrackers, Leg
from services.feed.demo_day import DemoDay, DemoPace
from services.feed.stream_messages import seen
from services.server import serving
from services.settings import Settings
from tests.services.live import small_region

pytestmark = pytest.mark.slow


def day(seed: int = 1, url: str = "http://127.0.0.1:9") -> DemoDay:
    region = small_region()
    return DemoDay(region, ApiClient(url, region.id), DemoPace(10.0, seed), lambda _: None)


def test_the_start_tells_each_appliance_once_and_all_of_the_open_incidents() -> None:
    async def run() -> DemoDay:
        return day(seed=3)

    begun = asyncio.run(run())
    told = begun.warm_up()
    assert all(a.at_s <= b.at_s <= 0 for a, b in itertools.pairwise(told))
    words = Counter(change.appliance for change in told if isinstance(change, ApplianceTransition))
    assert set(words.values()) <= {1}
    opened = {c.incident for c in told if isinstance(c, IncidentTransition) and c.action == "opened"}
    assert opened == set(begun.brigade.open_incidents)
    committed = {c.incident for c in told if isinstance(c, ApplianceTransition) and c.incident}
    assert committed <= opened


def test_memory_stays_the_same_over_days() -> None:
    async def run() -> DemoDay:
        return day()

    begun = asyncio.run(run())
    first = begun.warm_up()
    for hour in range(24 * 14):
        for change in [*first, *begun.play_until(hour * 3_600.0)]:
            begun.events.event(change)
            if isinstance(change, IncidentTransition) and change.action == "stopped":
                begun._facts.pop(change.incident)
        first = []
    assert len(begun._facts) == len(begun.brigade.open_incidents) < 30
    assert len(begun.brigade._due) < 200
    assert begun.events._open_en.keys() == set(begun.brigade.open_incidents)


def test_an_accepted_move_is_told_after_a_while_and_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_day, "TOLD_AFTER_S", 0.4)

    async def run() -> tuple[dict[str, Any], dict[str, Any], DemoDay]:
        region = small_region()
        settings = Settings(port=0, log_level="error")
        async with (
            asyncio.timeout(50),
            serving(settings, [region]) as running,
            ApiClient(running.url, region.id) as api,
        ):
            begun = DemoDay(region, api, DemoPace(40.0, 2), lambda _: None)
            playing = asyncio.create_task(begun.run())
            accepted = await accept_first_move(api)
            ordered = (await appliance(api, accepted["appliance"]))["ordered"]
            shown: dict[str, Any] = {}
            async for _ in api.follow():
                shown = await appliance(api, accepted["appliance"])
                if shown["status"] == "relocating":
                    break
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            assert ordered["to"] == accepted["to_station"]
            return accepted, shown, begun

    accepted, shown, begun = asyncio.run(run())
    assert shown["station"] == accepted["to_station"]
    assert shown["ordered"] is None
    assert begun.told == 1


def test_a_move_taken_back_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_day, "TOLD_AFTER_S", 1.0)

    async def run() -> DemoDay:
        region = small_region()
        settings = Settings(port=0, log_level="error")
        async with (
            asyncio.timeout(50),
            serving(settings, [region]) as running,
            ApiClient(running.url, region.id) as api,
        ):
            begun = DemoDay(region, api, DemoPace(40.0, 2), lambda _: None)
            playing = asyncio.create_task(begun.run())
            move = await accept_first_move(api)
            await api.decide(move["plan_id"], move["move_id"], "undo", "tester")
            await asyncio.sleep(1.5)
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            return begun

    begun = asyncio.run(run())
    assert (begun.decisions, begun.told, begun._tellings) == (2, 0, {})


async def accept_first_move(api: ApiClient) -> dict[str, Any]:
    """Wait for a plan with a move and accept it."""
    async for message in api.follow():
        if message.event == "plan":
            _, plan = seen(message)
            for move in plan.moves if plan else ():
                await api.decide(plan.plan_id if plan else "", move.move_id, "accept", "tester")
                return {
                    "plan_id": plan.plan_id if plan else "",
                    "move_id": move.move_id,
                    "appliance": move.appliance,
                    "to_station": move.to_station,
                }
    raise AssertionError("the stream ended")


async def appliance(api: ApiClient, name: str) -> dict[str, Any]:
    picture = await api.picture()
    found: dict[str, Any] = next(entry for entry in picture["appliances"] if entry["id"] == name)
    return found


def test_trackers_follow_the_route_in_time_and_say_only_what_moved() -> None:
    class Bent:
        def route(self, origin_en: Any, destination_en: Any) -> Route:
            corner = np.array([destination_en[0], origin_en[1]])
            return Route(np.array([origin_en, corner, destination_en]), 100.0, 2_000.0)

        def matrix(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("not needed")

    async def run() -> None:
        trackers = ApplianceTrackers(Bent())
        origin, far = np.array([0.0, 0.0]), np.array([1_000.0, 1_000.0])
        trackers.departs(4, origin, far, 60.0, 160.0, backwards=False)
        trackers.departs(7, far, origin, 0.0, 100.0, backwards=True)
        await asyncio.gather(*trackers._lookups)
        (first,) = trackers.positions(50.0)
        assert first[0] == 7
        assert first[1] == pytest.approx([1_000.0, 0.0])
        both = dict(trackers.positions(110.0))
        assert both[4] == pytest.approx([1_000.0, 0.0])
        assert both[7] == pytest.approx([0.0, 0.0])
        assert trackers.positions(110.0) == []
        trackers.arrived(4)
        assert 4 not in dict(trackers.positions(150.0))
        trackers.close()

    asyncio.run(run())


def test_so_many_positions_at_a_time_and_everyone_has_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.feed.appliance_trackers.POSITIONS_AT_ONCE", 3)
    trackers = ApplianceTrackers(small_region().travel)
    en = np.array([[0.0, 0.0], [90_000.0, 0.0]])
    for number in range(8):
        trackers._legs[number] = Leg(en, np.array([0.0, 90_000.0]), 0.0, 1_000.0)
    heard = [{a for a, _ in trackers.positions(10.0 * turn)} for turn in range(1, 7)]
    assert all(len(turn) <= 3 for turn in heard)
    assert set().union(*heard) == set(range(8))
    trackers.close()


def test_a_pace_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="speed is 0"):
        DemoPace(0.0)
    with pytest.raises(ValueError, match="seed is -1"):
        DemoPace(1.0, -1)
