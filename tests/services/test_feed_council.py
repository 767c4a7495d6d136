"""The demo's council: crews at work, and what they make of rounds that change."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from services.feed.api_client import Posted
from services.feed.collection_crews import CollectionCrews
from services.feed.council_day import CouncilDay
from services.feed.council_posts import SHARES, TEXTS, CouncilPosts
from services.feed.demo_day import DemoPace
from services.feed.server_sent_events import ServerSentEvent
from streams import codec
from streams.council_events import VehiclePosition
from streams.events import Event
from tests.geo.councils import grid_council

COUNCIL = grid_council()
NOON_S, EVENING_S = 43_200.0, 86_400.0


def test_crews_do_all_of_their_rounds_in_order_and_time() -> None:
    crews = CollectionCrews(COUNCIL, seed=3)
    over = crews.advance(EVENING_S)
    assert [one.at_s for one in over] == sorted(one.at_s for one in over)
    for vehicle, visits in zip(COUNCIL.vehicles.ids, COUNCIL.rounds, strict=True):
        assert [one.visit for one in over if one.vehicle == vehicle] == list(visits)
        assert not crews.at_work(vehicle)
        assert crews.on_board(vehicle) == {}
    assert all(one.at_s >= 21_600.0 + 40.0 for one in over)


def test_the_same_seed_gives_the_same_day_whatever_the_steps() -> None:
    whole = CollectionCrews(COUNCIL, 5).advance(30_000.0)
    steps = CollectionCrews(COUNCIL, 5)
    stepped = [over for at_s in range(21_000, 30_001, 250) for over in steps.advance(float(at_s))]
    assert len(whole) > 60
    assert stepped == whole
    assert CollectionCrews(COUNCIL, 6).advance(30_000.0) != whole


def test_a_school_street_is_served_outside_its_ban() -> None:
    for over in CollectionCrews(COUNCIL, seed=1).advance(EVENING_S):
        if over.stop >= 0 and np.isfinite(COUNCIL.stops.ban_from_s[over.stop, 0]):
            assert not 30_600.0 + 90 < over.at_s < 33_300.0 + 30


def test_a_round_that_changes_keeps_what_is_done_and_under_way() -> None:
    crews = CollectionCrews(COUNCIL, seed=2)
    done = [o.visit for o in crews.advance(22_500.0) if o.vehicle == "RCV01"]
    old = list(COUNCIL.rounds[0])
    under_way = old[len(done)]
    moved = old[len(done) + 3]
    new = [*old[: len(done) + 1], *[v for v in old[len(done) + 1 :] if v != moved]]
    crews.take_round("RCV01", new)
    crews.take_round("RCV02", [*COUNCIL.rounds[1], moved])
    rest = list(crews.advance(EVENING_S))
    assert [o.visit for o in rest if o.vehicle == "RCV01"] == new[len(done) :]
    assert under_way == new[len(done)]
    assert [o.visit for o in rest if o.vehicle == "RCV02"][-1] == moved


def test_a_round_the_service_shows_late_undoes_nothing() -> None:
    crews = CollectionCrews(COUNCIL, seed=2)
    done = [o.visit for o in crews.advance(22_500.0) if o.vehicle == "RCV01"]
    stale = list(reversed(COUNCIL.rounds[0]))
    crews.take_round("RCV01", stale)
    rest = [o.visit for o in crews.advance(EVENING_S) if o.vehicle == "RCV01"]
    assert sorted({*done, *rest} - {"break", "tip:T1"}) == sorted(
        set(COUNCIL.rounds[0]) - {"break", "tip:T1"}
    )
    assert not set(rest) & (set(done) - {"break", "tip:T1"})


def test_a_broken_vehicle_does_no_more_until_it_is_mended() -> None:
    crews = CollectionCrews(COUNCIL, seed=2)
    crews.advance(23_000.0)
    place = crews.break_down("RCV03", 23_000.0)
    np.testing.assert_array_equal(crews.place("RCV03", 25_000.0), place)
    assert all(o.vehicle != "RCV03" for o in crews.advance(30_000.0))
    crews.mend("RCV03", 30_000.0)
    assert any(o.vehicle == "RCV03" and o.at_s > 30_000.0 for o in crews.advance(EVENING_S))


def test_a_stop_the_pack_does_not_know_is_driven_to() -> None:
    crews = CollectionCrews(COUNCIL, seed=2)
    place = COUNCIL.roads.node_en[35] + 3.0
    crews.know("R-1", place)
    crews.take_round("RCV01", ["R-1", *COUNCIL.rounds[0]])
    first = next(o for o in crews.advance(EVENING_S) if o.vehicle == "RCV01")
    assert (first.visit, first.stop) == ("R-1", -1)
    assert first.at_s > 21_600.0 + 0.5 * float(COUNCIL.travel_s[0, 35])


def test_posts_are_of_all_kinds_and_differ() -> None:
    posts = CouncilPosts(COUNCIL.streets.names, seed=1)
    made = [posts.any("2025-06-06T10:00:00Z") for _ in range(400)]
    assert len({post["id"] for post in made}) == 400
    assert len({post["text"] for post in made}) > 150
    assert sum(SHARES.values()) == pytest.approx(1.0)
    assert set(SHARES) == set(TEXTS)
    smoke = posts.about("smoke_or_fire", "Alder Road", "2025-06-06T10:00:00Z")
    assert "Alder Road" in smoke["text"]
    json.dumps(smoke)


class SlowReader:
    """A service that takes events at once, and never answers a post."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.posts = 0
        self.reports: list[Mapping[str, str]] = []

    async def post_events(self, events: Sequence[bytes]) -> Posted:
        self.events += map(codec.decode, events)
        return Posted(len(events), 0, len(self.events) - 1)

    async def feedback(self, posts: Sequence[Mapping[str, Any]]) -> None:
        self.posts += 1
        await asyncio.Event().wait()

    async def report(self, fields: Mapping[str, str]) -> str:
        self.reports.append(fields)
        return "MC-1"

    async def follow(self) -> AsyncGenerator[ServerSentEvent]:
        await asyncio.Event().wait()
        yield ServerSentEvent("beat", b"", None)


@pytest.mark.slow
def test_the_day_goes_on_while_a_post_is_read_and_when_every_crew_is_done() -> None:
    service = SlowReader()
    day = CouncilDay(COUNCIL, service, DemoPace(60.0, 1), lambda _: None)  # type: ignore[arg-type]
    assert all(over.visit for over in day.crews.advance(EVENING_S))  # every round is done

    async def run() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.2):
                await day.run()

    asyncio.run(run())
    times = [event.time for event in service.events if isinstance(event.data, VehiclePosition)]
    assert service.posts == 1
    assert (times[-1] - times[0]).total_seconds() > 100
    assert all("requested_datetime" not in fields for fields in service.reports)
