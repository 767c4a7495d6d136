"""Events of a simulated brigade: taken by the service's own checks, in order, the same for the same run."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import msgspec

from optimiser.simulation.brigade import Brigade
from optimiser.simulation.incident_generator import IncidentGenerator, IncidentMix
from services.event_check import EventCheck
from services.feed.event_maker import EventMaker, IncidentFacts, brigade_world
from services.picture import Picture, empty_picture, fold
from services.picture_view import PictureViewer
from streams.codec import decode
from streams.events import AppliancePosition, ApplianceStatus, Event, IncidentCategory, IncidentOpened
from tests.services.live import small_region

START = datetime(2025, 6, 6, 16, tzinfo=UTC)


def a_day(run_id: str = "run") -> list[bytes]:
    """The events of 60 incidents, two of them large, until everyone is home."""
    region = small_region()
    world = brigade_world(region)
    mix = IncidentMix(large_every_s=20_000.0, large_first_s=500.0, large_pumps=(5, 8))
    calls = list(islice(IncidentGenerator(region.demand_per_h, world.strength(), 3, mix=mix), 60))
    facts = {
        call.id: IncidentFacts(IncidentCategory.FIRE, *region.zones.en[call.zone].tolist()) for call in calls
    }
    maker = EventMaker(region, run_id, "/test", START, facts)
    brigade = Brigade(world)
    for call in calls:
        brigade.call(call)
    brigade.order_move(0, 3, 50.0)
    events = [maker.reports_in(appliance, 0.0) for appliance in range(world.appliances)]
    return events + [maker.event(change) for change in brigade.advance(1e9)]


def folded(events: list[Event]) -> Picture:
    region = small_region()
    check = EventCheck(region)
    picture = empty_picture(region.id, PictureViewer(region).homes)
    for event in events:
        check.from_outside(event, datetime.now(UTC), picture.as_of, busy=False)
        picture = fold(picture, event)
    return picture


def test_the_service_takes_every_event_and_ends_with_all_closed_and_home() -> None:
    events = [decode(wire) for wire in a_day()]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert all(a.time <= b.time for a, b in pairwise(events))
    assert len({event.id for event in events}) == len(events)
    picture = folded(events)
    assert not any(incident.open for incident in picture.incidents.values())
    states = picture.appliances.values()
    assert {state.status for state in states} == {ApplianceStatus.AVAILABLE}
    home = PictureViewer(small_region()).homes
    moved = [state.id for state in states if state.station != home[state.id]]
    assert moved in ([], [small_region().appliances.ids[0]])


def test_the_same_run_makes_the_same_bytes_and_another_run_other_ids() -> None:
    assert a_day() == a_day()
    ids = [{decode(wire).id for wire in a_day(run)} for run in ("one", "two")]
    assert not ids[0] & ids[1]


def test_required_appliances_are_named_by_kind() -> None:
    kinds = {kind.id for kind in small_region().kinds}
    openings = [e.data for e in map(decode, a_day()) if isinstance(e.data, IncidentOpened)]
    assert len(openings) == 60
    assert all(opening.appliances_required.keys() <= kinds for opening in openings)
    assert all(min(opening.appliances_required.values()) >= 1 for opening in openings)


def test_a_position_is_rounded_and_remembered() -> None:
    region = small_region()
    maker = EventMaker(region, "r", "/t", START, {})
    event = decode(maker.position(2, region.zones.en[5] + 0.04321, 1.23456))
    assert isinstance(event.data, AppliancePosition)
    assert event.data.easting_m == round(event.data.easting_m, 1)
    assert event.time == START + timedelta(milliseconds=1_235)
    assert msgspec.json.encode(event.data.appliance) == f'"{region.appliances.ids[2]}"'.encode()
    assert (maker.places_en[2] == region.zones.en[5] + 0.04321).all()
