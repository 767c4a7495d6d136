"""Which proposals are answered anew when the day goes on, and which are left as they are."""

from msgspec.structs import replace

from services.council.rounds_desk import EditKind
from services.council.standing import stands
from streams.council_events import RoadClosed, VehicleStatus, VehicleStatusChanged
from streams.rounds_plan import Cause, CauseKind, RoundsProposal, Unserved
from tests.services.council.rounds_day import VEHICLES, Day, at_work, edit, planned


def answered() -> tuple[Day, RoundsProposal, str]:
    """A day with one request answered, and the vehicle that would serve it."""
    day = at_work(12)
    (proposal,) = day.first(day.request("SR1", 3))
    return day, proposal, proposal.options[0].rounds[0].vehicle


def test_crews_going_on_leave_it() -> None:
    day, proposal, vehicle = answered()
    day.done(vehicle, 2)
    day.request("SR2", 7)
    assert stands(proposal, day.picture)


def test_a_decision_on_its_round_ends_it_and_one_on_another_does_not() -> None:
    day, proposal, vehicle = answered()
    other = next(v for v in VEHICLES if v != vehicle)
    for name, expected in ((other, True), (vehicle, False)):
        version = day.picture.version
        edit(day, EditKind.SKIP, stop=planned(day.picture, name, 4))
        assert day.picture.version == version + 1
        assert stands(proposal, day.picture) is expected


def test_one_that_leaves_stops_out_is_looked_at_after_every_decision() -> None:
    day, proposal, vehicle = answered()
    option = replace(proposal.options[0], unserved=[Unserved("S00001", ["window"], "too late")])
    partial = replace(proposal, options=[option])
    late = replace(proposal, cause=Cause(CauseKind.LATE, vehicle))
    assert stands(partial, day.picture) and stands(late, day.picture)
    other = next(v for v in VEHICLES if v != vehicle)
    edit(day, EditKind.SKIP, stop=planned(day.picture, other, 4))
    assert not stands(partial, day.picture) and not stands(late, day.picture)


def test_its_vehicle_lost_or_a_street_closed_ends_it() -> None:
    day, proposal, vehicle = answered()
    other = next(v for v in VEHICLES if v != vehicle)
    day.break_down(other)
    assert stands(proposal, day.picture)
    day.take(VehicleStatusChanged(vehicle, VehicleStatus.BROKEN_DOWN))
    assert not stands(proposal, day.picture)
    day, proposal, _ = answered()
    day.take(RoadClosed("K1", ["ST0011"]))
    assert not stands(proposal, day.picture)


def test_causes_of_one_moment_stay_in_the_order_they_came_in() -> None:
    day = at_work(12)
    causes = [day.request(name, 3 + 8 * n) for n, name in enumerate(("ZZ", "AA", "MM"))]
    at = day.picture.as_of
    same = {key: replace(change, at=at) for key, change in day.picture.changes.items()}
    assert list(replace(day.picture, changes=same).open_causes) == causes
