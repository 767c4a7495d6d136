"""A council's desk: what moves cost, edits by hand, approvals on a day that has gone on, and undoing."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.council.day_board import DayBoard
from services.council.day_picture import DayPicture
from services.council.rounds_desk import EditKind, MovePrice, RoundsRefusal
from services.council.visits import stop_of
from streams.council_events import RoadClosed, ServiceCode, VehicleStatus, VehicleStatusChanged
from streams.rounds_plan import OptionKey, RoundsAction
from tests.services.council.rounds_day import (
    COUNCIL,
    OPERATOR,
    UPRN,
    VEHICLES,
    Day,
    at_work,
    desk,
    edit,
    planned,
    run,
    solver,
)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    run(desk().warm_up())
    run(solver().warm_up())


def price(day: Day, stop: str, vehicle: str, before: str | None = None) -> MovePrice:
    return run(desk().price(day.picture, stop, vehicle, before))


def refused(day: Day, kind: EditKind, **fields: object) -> RoundsRefusal:
    with pytest.raises(RoundsRefusal) as told:
        edit(day, kind, **fields)
    assert told.value.words and str(told.value) == told.value.words
    return told.value


def everything(picture: DayPicture) -> list[str]:
    """Every stop in a round, sorted."""
    return sorted(s for v in picture.rounds.values() for word in v if (s := stop_of(word)) is not None)


def test_a_price_changes_nothing_and_is_what_the_move_then_costs() -> None:
    day = at_work(12)
    before = day.picture
    stop = planned(before, "RCV02", 3)
    told = price(day, stop, "RCV01")
    assert told.possible and told.cost is not None and told.drive_s is not None and not told.codes
    assert day.picture is before
    figures = solver()._late._forecasts
    cost = [sum(one.cost for one in figures.of_day(day.picture).values())]
    edit(day, EditKind.MOVE, stop=stop, vehicle="RCV01")
    cost.append(sum(one.cost for one in figures.of_day(day.picture).values()))
    assert cost[1] - cost[0] == pytest.approx(told.cost, abs=1e-3)
    assert figures.of(day.picture, "RCV01").finish_s == pytest.approx(told.finish_after_s, abs=30)
    assert stop in day.picture.rounds["RCV01"] and stop not in day.picture.rounds["RCV02"]


def test_a_move_before_a_visit_puts_it_there() -> None:
    day = at_work(12)
    stop, target = planned(day.picture, "RCV02", 3), planned(day.picture, "RCV01", 5)
    edit(day, EditKind.MOVE, stop=stop, vehicle="RCV01", before=target)
    visits = day.picture.rounds["RCV01"]
    assert visits[visits.index(target) - 1] == stop


def test_a_move_within_its_own_round() -> None:
    day = at_work(12)
    stop, target = planned(day.picture, "RCV01", 1), planned(day.picture, "RCV01", 9)
    edit(day, EditKind.MOVE, stop=stop, vehicle="RCV01", before=target)
    visits = day.picture.rounds["RCV01"]
    assert visits[visits.index(target) - 1] == stop and len(visits) == len(COUNCIL.rounds[0])


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("done", "frozen"),
        ("under way", "frozen"),
        ("before what is done", "frozen"),
        ("no such stop", "unknown"),
        ("no such vehicle", "unknown"),
        ("a lost vehicle", "lost"),
        ("locked", "lock_vehicle"),
        ("a closed street", "road_closed"),
    ],
)
def test_moves_that_cannot_be_say_why(case: str, code: str) -> None:
    day = at_work(12)
    stop, vehicle, before = planned(day.picture, "RCV02", 3), "RCV01", None
    mends = False
    match case:
        case "done":
            stop = next(s for w in day.picture.rounds["RCV02"] if (s := stop_of(w)) is not None)
        case "under way":
            stop = stop_of(day.picture.rounds["RCV02"][12]) or ""
        case "before what is done":
            before = day.picture.rounds["RCV01"][2]
        case "no such stop":
            stop = "S99999"
        case "no such vehicle":
            vehicle = "RCV99"
        case "a lost vehicle":
            day.break_down("RCV01")
            mends = True
        case "locked":
            edit(day, EditKind.LOCK, stop=stop)
            mends = True
        case "a closed street":
            number = int(COUNCIL.stops.street[COUNCIL.stop_number[stop]])
            day.take(RoadClosed("K1", [COUNCIL.streets.ids[number]]))
            mends = True
    told = price(day, stop, vehicle, before)
    assert not told.possible and code in told.codes and told.words and told.cost is None
    assert (told.relaxation is not None) == mends
    assert refused(day, EditKind.MOVE, stop=stop, vehicle=vehicle, before=before).codes == told.codes


def test_what_would_break_a_rule_says_which_and_what_would_mend_it() -> None:
    day = at_work(24)
    stop = planned(day.picture, "RCV02", 3)
    picture = day.picture
    for _ in range(2):  # RCV01 is so late that it is back with seconds to spare
        back_s = solver()._late._forecasts.of(picture, "RCV01").finish_s
        state = picture.vehicles["RCV01"]
        last = state.done_visits[-1]
        last = replace(last, key=(last.key[0] + timedelta(seconds=39_595 - back_s), *last.key[1:]))
        state = replace(state, done_visits=(*state.done_visits[:-1], last))
        picture = replace(picture, vehicles={**picture.vehicles, "RCV01": state})
    for before in (None, planned(picture, "RCV01", 3)):
        told = run(desk().price(picture, stop, "RCV01", before))
        assert not told.possible and told.codes == ("shift",)
        assert told.relaxation is not None and "overtime" in told.relaxation


def test_stops_nobody_can_reach_now_stay_in_their_rounds() -> None:
    day = at_work(12)
    stop = planned(day.picture, "RCV02", 3)
    day.take(RoadClosed("K1", ["ST0007"]))
    was = everything(day.picture)
    edit(day, EditKind.MOVE, stop=stop, vehicle="RCV01")
    edit(day, EditKind.MOVE, stop=stop, vehicle="RCV03")
    assert everything(day.picture) == was
    (proposal,) = day.first(day.request("SR1", 3))
    day.decide(run(desk().approve(day.picture, proposal, None, OPERATOR)))
    assert everything(day.picture) == sorted([*was, "R-SR1"])


def test_skip_and_take_back() -> None:
    day = at_work(12)
    stop = planned(day.picture, "RCV02", 3)
    edit(day, EditKind.SKIP, stop=stop)
    assert stop in day.picture.skipped and stop not in everything(day.picture)
    assert refused(day, EditKind.SKIP, stop=stop).codes == ("answered",)
    edit(day, EditKind.BACK, stop=stop)
    assert stop not in day.picture.skipped and stop in everything(day.picture)
    assert refused(day, EditKind.BACK, stop=stop).codes == ("answered",)


def test_a_skipped_stop_moved_to_a_vehicle_is_taken_back() -> None:
    day = at_work(12)
    stop = planned(day.picture, "RCV02", 3)
    edit(day, EditKind.SKIP, stop=stop)
    edit(day, EditKind.MOVE, stop=stop, vehicle="RCV03")
    assert stop not in day.picture.skipped and stop in day.picture.rounds["RCV03"]


def test_stops_are_added_at_properties_and_places() -> None:
    day = at_work(12)
    edit(day, EditKind.ADD, uprn=str(UPRN[100]), service=ServiceCode.BULKY_ITEM)
    edit(day, EditKind.ADD, uprn=str(UPRN[100]))
    edit(day, EditKind.ADD, easting_m=428_120.0, northing_m=262_210.0, vehicle="RCV03")
    names = [f"A-{UPRN[100]}", f"A-{UPRN[100]}-2", "A-428120-262210"]
    assert list(day.picture.added) == names
    assert set(names) <= set(everything(day.picture)) and names[2] in day.picture.rounds["RCV03"]
    assert refused(day, EditKind.ADD, uprn="999999").codes == ("unknown",)
    assert refused(day, EditKind.ADD).codes == ("unknown",)
    for vehicle in VEHICLES:
        day.break_down(vehicle)
    assert refused(day, EditKind.ADD, uprn=str(UPRN[8])).codes == ("no_vehicle",)


@pytest.mark.parametrize("vehicle", [None, "RCV03"])
def test_a_stop_is_split_in_two(vehicle: str | None) -> None:
    day = at_work(12)
    stop = planned(day.picture, "RCV02", 3)
    edit(day, EditKind.SPLIT, stop=stop, vehicle=vehicle, share=0.25)
    first, second = (day.picture.added[f"{stop}/{n}"] for n in (1, 2))
    n = COUNCIL.stop_number[stop]
    assert first.load["residual"] + second.load["residual"] == pytest.approx(COUNCIL.stops.load[n, 0])
    assert first.load["residual"] == pytest.approx(COUNCIL.stops.load[n, 0] / 4)
    assert stop in day.picture.skipped and stop not in everything(day.picture)
    assert first.stop in day.picture.rounds["RCV02"]
    assert second.stop in day.picture.rounds[vehicle or "RCV02"]


def test_locks_hold_and_are_taken_off() -> None:
    day = at_work(12)
    stop = planned(day.picture, "RCV02", 3)
    assert refused(day, EditKind.LOCK, stop=stop, vehicle="RCV01").relaxation
    edit(day, EditKind.LOCK, stop=stop)
    assert day.picture.locks == {stop: "RCV02"}
    cause = day.break_down("RCV02")
    (proposal,) = day.first(cause)
    assert stop in {one.stop for one in proposal.options[0].unserved}
    edit(day, EditKind.UNLOCK, stop=stop)
    assert not day.picture.locks
    assert refused(day, EditKind.UNLOCK, stop=stop).codes == ("unknown",)


def test_a_vehicle_is_taken_off_and_put_back() -> None:
    day = at_work(12)
    edit(day, EditKind.VEHICLE_OFF, vehicle="RCV02")
    assert day.picture.vehicles["RCV02"].status is VehicleStatus.OFF_ROAD
    assert [cause.id for cause in day.picture.open_causes] == ["RCV02"]
    assert refused(day, EditKind.VEHICLE_OFF, vehicle="RCV02").codes == ("answered",)
    edit(day, EditKind.VEHICLE_BACK, vehicle="RCV02")
    assert not day.picture.open_causes
    assert refused(day, EditKind.VEHICLE_BACK, vehicle="RCV02").codes == ("answered",)
    assert refused(day, EditKind.VEHICLE_OFF, vehicle="X").codes == ("unknown",)
    assert refused(day, EditKind.VEHICLE_OFF).codes == ("unknown",)


def test_an_approval_takes_in_what_was_done_since() -> None:
    day = at_work(12)
    (proposal,) = day.first(day.break_down("RCV02"))
    before = everything(day.picture)
    for vehicle in ("RCV01", "RCV03"):
        day.done(vehicle, 5)
    name = day.decide(run(desk().approve(day.picture, proposal, OptionKey.NO_CHURN, OPERATOR)))
    assert everything(day.picture) == before
    for vehicle in ("RCV01", "RCV03"):
        state = day.picture.vehicles[vehicle]
        assert day.picture.rounds[vehicle][: state.done] == tuple(v.visit for v in state.done_visits)
    assert day.picture.decision_named(name).option is OptionKey.NO_CHURN  # type: ignore[union-attr]


def test_an_approval_is_refused_where_its_round_was_changed() -> None:
    day = at_work(12)
    (proposal,) = day.first(day.request("SR1", 3))
    vehicle = proposal.options[0].rounds[0].vehicle
    edit(day, EditKind.SKIP, stop=planned(day.picture, vehicle, 4))
    with pytest.raises(RoundsRefusal) as told:
        run(desk().approve(day.picture, proposal, None, OPERATOR))
    assert told.value.codes == ("changed",) and vehicle in told.value.words and OPERATOR in told.value.words


def test_an_approval_stands_where_another_round_was_changed() -> None:
    day = at_work(12)
    (proposal,) = day.first(day.request("SR1", 3))
    other = next(v for v in VEHICLES if v != proposal.options[0].rounds[0].vehicle)
    edit(day, EditKind.SKIP, stop=planned(day.picture, other, 4))
    day.decide(run(desk().approve(day.picture, proposal, None, OPERATOR)))
    stop, vehicle = proposal.options[0].placed[0]
    assert stop in map(stop_of, day.picture.rounds[vehicle])


def test_what_is_answered_is_not_answered_again() -> None:
    day = at_work(12)
    (proposal,) = day.first(day.request("SR1", 3))
    name = day.decide(run(desk().dismiss(day.picture, proposal, OPERATOR)))
    for again in (
        desk().approve(day.picture, proposal, None, OPERATOR),
        desk().dismiss(day.picture, proposal, "x"),
    ):
        with pytest.raises(RoundsRefusal) as told:
            run(again)
        assert told.value.codes == ("answered",)
    day.decide(run(desk().undo(day.picture, name, OPERATOR)))  # a dismissal taken back asks again
    assert proposal.cause in day.picture.open_causes
    with pytest.raises(RoundsRefusal) as told:
        run(desk().approve(day.picture, proposal, OptionKey.FREE, OPERATOR))
    assert told.value.codes == ("unknown",)


def test_undoing_restores_rounds_skips_locks_and_requests() -> None:
    day = at_work(12)
    start = day.picture
    (proposal,) = day.first(day.request("SR1", 3))
    names = [day.decide(run(desk().approve(day.picture, proposal, None, OPERATOR)))]
    names.append(edit(day, EditKind.SKIP, stop=planned(day.picture, "RCV02", 3)))
    names.append(edit(day, EditKind.LOCK, stop=planned(day.picture, "RCV02", 6)))
    names.append(edit(day, EditKind.SPLIT, stop=planned(day.picture, "RCV03", 6)))
    for name in reversed(names):
        day.decide(run(desk().undo(day.picture, name, OPERATOR)))
    now = day.picture
    assert now.rounds == start.rounds and not now.skipped and not now.locks and not now.added
    assert now.requests["SR1"].status.value == "open"
    with pytest.raises(RoundsRefusal) as told:
        run(desk().undo(now, names[0], OPERATOR))
    assert told.value.codes == ("answered",)


def test_undoing_says_what_stands_in_the_way() -> None:
    day = at_work(12)
    (proposal,) = day.first(day.request("SR1", 3))
    name = day.decide(run(desk().approve(day.picture, proposal, None, OPERATOR)))
    vehicle = proposal.options[0].rounds[0].vehicle
    skip = edit(day, EditKind.SKIP, stop=planned(day.picture, vehicle, 4))
    with pytest.raises(RoundsRefusal) as told:
        run(desk().undo(day.picture, name, OPERATOR))
    assert told.value.codes == ("changed",) and vehicle in told.value.words
    day.decide(run(desk().undo(day.picture, skip, OPERATOR)))
    at = day.picture.rounds[vehicle].index("R-SR1")
    day.done(vehicle, at + 1 - day.picture.vehicles[vehicle].done)
    with pytest.raises(RoundsRefusal) as told:
        run(desk().undo(day.picture, name, OPERATOR))
    assert "R-SR1" in told.value.words
    with pytest.raises(RoundsRefusal) as told:
        run(desk().undo(day.picture, "nothing", OPERATOR))
    assert told.value.codes == ("unknown",)


def undo(day: Day, name: str) -> None:
    day.decide(run(desk().undo(day.picture, name, OPERATOR)))


def status_of(day: Day, vehicle: str) -> VehicleStatus:
    return day.picture.vehicles[vehicle].status


def not_undone(day: Day, name: str) -> RoundsRefusal:
    with pytest.raises(RoundsRefusal) as told:
        run(desk().undo(day.picture, name, OPERATOR))
    return told.value


def test_a_vehicle_taken_off_or_put_back_is_undone_while_nothing_came_of_it() -> None:
    day = at_work(12)
    off = edit(day, EditKind.VEHICLE_OFF, vehicle="RCV02")
    undo(day, off)
    assert status_of(day, "RCV02") is VehicleStatus.IN_SERVICE and not day.picture.open_causes
    broken = day.break_down("RCV02")
    back = edit(day, EditKind.VEHICLE_BACK, vehicle="RCV02")
    undo(day, back)
    assert status_of(day, "RCV02") is VehicleStatus.BROKEN_DOWN
    assert day.picture.open_causes == (broken,)
    assert not_undone(day, back).codes == ("answered",)


def test_a_vehicle_status_is_not_undone_once_something_came_of_it() -> None:
    day = at_work(12)
    off = edit(day, EditKind.VEHICLE_OFF, vehicle="RCV02")
    (proposal,) = day.first(day.picture.open_causes[0])
    approved = day.decide(run(desk().approve(day.picture, proposal, None, OPERATOR)))
    assert not_undone(day, off).codes == ("changed",)
    assert not_undone(day, off).relaxation == "put RCV02 back in service"
    undo(day, approved)
    back = edit(day, EditKind.VEHICLE_BACK, vehicle="RCV02")
    assert "in service since" in not_undone(day, off).words
    day.done("RCV02", 1)
    assert not_undone(day, back).codes == ("frozen",)
    day.break_down("RCV02")
    assert "broken down since" in not_undone(day, back).words


def test_what_can_be_undone_is_shown_so() -> None:
    day, board = at_work(12), DayBoard(COUNCIL)
    (proposal,) = day.first(day.request("SR1", 3))
    dismissed = day.decide(run(desk().dismiss(day.picture, proposal, OPERATOR)))
    off = edit(day, EditKind.VEHICLE_OFF, vehicle="RCV02")

    def shown() -> dict[str, bool]:
        return {d.decision_id: d.undoable for d in board.view(day.picture, 1, {}).decisions}

    assert shown() == {dismissed: True, off: True}
    undo(day, dismissed)
    undoing = day.picture.decisions[-1].decision_id
    assert shown() == {dismissed: False, off: True, undoing: False}
    assert proposal.cause in day.picture.open_causes
    board.close()


def test_a_dismissal_undone_asks_again_only_for_what_is_not_over() -> None:
    day = at_work(12)
    cause = day.break_down("RCV02")
    (proposal,) = day.first(cause)
    name = day.decide(run(desk().dismiss(day.picture, proposal, OPERATOR)))
    day.take(VehicleStatusChanged("RCV02", VehicleStatus.IN_SERVICE))
    undo(day, name)
    assert day.picture.open_causes == ()


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_edits_keep_every_stop_and_all_undone_is_the_day_before(data: st.DataObject) -> None:
    day = at_work(12)
    start = day.picture
    names: list[str] = []
    kinds = st.sampled_from([EditKind.MOVE, EditKind.SKIP, EditKind.SPLIT, EditKind.LOCK])
    for _ in range(data.draw(st.integers(1, 4))):
        kind = data.draw(kinds)
        stop = planned(day.picture, data.draw(st.sampled_from(VEHICLES)), data.draw(st.integers(0, 12)))
        vehicle = data.draw(st.sampled_from(VEHICLES)) if kind is EditKind.MOVE else None
        try:
            names.append(edit(day, kind, stop=stop, vehicle=vehicle))
        except RoundsRefusal:
            continue
        known = {*everything(day.picture), *day.picture.skipped}
        assert {stop.split("/")[0] for stop in known} == set(everything(start))
        decision = day.picture.decision_named(names[-1])
        assert decision is not None and decision.action is RoundsAction.ADJUST
    for name in reversed(names):
        day.decide(run(desk().undo(day.picture, name, OPERATOR)))
    assert day.picture.rounds == start.rounds and day.picture.locks == start.locks
    assert day.picture.skipped == start.skipped and not day.picture.added
