"""A council's rounds solver: a first answer to each cause, better ones, clear words where there is none."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.council.day_picture import RequestStatus
from services.council.day_problem import DayProblems
from services.council.round_options import Judge, plan_of
from services.council.round_solver import RoundSolver, RoundSolverSettings
from services.council.visits import stop_of
from streams.council_events import (
    FeedbackCategory,
    FeedbackSignal,
    RoadClosed,
    RoadOpened,
    ServiceCode,
)
from streams.rounds_plan import AddedStop, Cause, CauseKind, OptionKey, RoundsOption, RoundsProposal
from tests.geo.councils import stops_along
from tests.services.council.days import MORNING
from tests.services.council.rounds_day import COUNCIL, EN, VEHICLES, Day, at_work, desk, run, solver

PROBLEMS = DayProblems(COUNCIL)
MOST_BYTES = 256_000


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    run(solver().warm_up())


def stops_in(option: RoundsOption) -> set[str]:
    return {s for r in option.rounds for word in r.visits if (s := stop_of(word)) is not None}


def sound(day: Day, proposal: RoundsProposal) -> None:
    """Every option keeps all rules, or breaks no more than doing nothing, and loses no stop in silence."""
    assert proposal.options and len(msgspec.json.encode(proposal)) < MOST_BYTES
    added = run(_new_stops(day, proposal.cause))
    for option in proposal.options:
        rounds = {one.vehicle: tuple(one.visits) for one in option.rounds}
        vehicles = tuple(dict.fromkeys([*proposal.touches, *rounds]))
        if not vehicles:
            continue
        placed = {stop for stop, _ in option.placed}
        new = [stop for stop in added if stop.stop in placed]
        part = PROBLEMS.part(day.picture, vehicles, extra=new)
        judge = Judge(part)
        judged = judge.judged(plan_of(part, rounds))
        assert judge.accepts(judged)
        told = {one.stop for one in option.unserved}
        assert {part.problem.stops.ids[n] for n in judged.plan.unserved} <= told
        assert all(one.codes and one.words for one in option.unserved)


async def _new_stops(day: Day, cause: Cause) -> list[AddedStop]:
    return solver()._answers.new_stops(day.picture, cause)


@pytest.mark.parametrize(
    "service",
    [
        ServiceCode.MISSED_COLLECTION,
        ServiceCode.ASSISTED_COLLECTION,
        ServiceCode.OVERFLOWING_BIN,
        ServiceCode.BULKY_ITEM,
        ServiceCode.FLY_TIP,
    ],
)
def test_a_request_gets_a_place_at_once(service: ServiceCode) -> None:
    day = at_work(12)
    cause = day.request("SR1", 3, service)
    (proposal,) = day.first(cause)
    sound(day, proposal)
    (option,) = proposal.options
    assert option.key is OptionKey.NO_CHURN and not option.unserved and option.moved_stops == 0
    assert [stop for stop, _ in option.placed] == ["R-SR1"]
    (vehicle,) = {vehicle for _, vehicle in option.placed}
    assert proposal.touches == [vehicle] and proposal.before.unserved == 1 and option.after.unserved == 0
    kept = [word for word in option.rounds[0].visits if stop_of(word) != "R-SR1" and stop_of(word)]
    assert kept == [word for word in day.picture.rounds[vehicle] if stop_of(word)]
    assert proposal.proposal_id == f"request-SR1-{day.picture.version}" and proposal.revision == 0


def test_approving_plans_the_request() -> None:
    day = at_work(12)
    (proposal,) = day.first(day.request("SR1", 3))
    day.decide(run(desk().approve(day.picture, proposal, None, "Manager 1")))
    assert day.picture.requests["SR1"].status is RequestStatus.PLANNED
    assert day.first(proposal.cause) == []  # nothing is left to answer


def test_the_same_day_gets_the_same_first_answer() -> None:
    days = [at_work(12) for _ in range(2)]
    told = [day.first(day.request("SR1", 3))[0].options for day in days]
    assert told[0] == told[1]
    fresh = RoundSolver(COUNCIL, RoundSolverSettings(seed=5))
    again = run(fresh.first(days[1].job(Cause(CauseKind.REQUEST, "SR1"))))
    fresh.close()
    assert again[0].options == told[0]


def test_an_answer_keeps_up_with_the_crews() -> None:
    day = at_work(12)
    cause = day.request("SR1", 3)
    day.first(cause)
    day.done("RCV01", 4)
    (proposal,) = day.first(cause)
    sound(day, proposal)


def test_better_answers_are_checked_and_told_once() -> None:
    day = at_work(12)
    (first,) = day.first(day.request("SR1", 50))
    better = [one for one in day.better([first]) if one.cause == first.cause]
    assert len(better) == 1 and better[0].final and better[0].revision == 1
    sound(day, better[0])
    rounds = [{r.vehicle: r.visits for r in option.rounds} for option in better[0].options]
    assert all(one not in rounds[:n] for n, one in enumerate(rounds))
    by_key = {option.key: option for option in better[0].options}
    assert by_key[OptionKey.NO_CHURN].moved_stops == 0
    assert all(o.churn_share <= 0.05 for o in better[0].options if o.key is OptionKey.LITTLE)
    assert day.better(better) == []  # it is final


def test_a_search_that_is_cancelled_says_nothing() -> None:
    day = at_work(12)
    proposals = day.first(day.request("SR1", 50))

    async def every() -> list[RoundsProposal]:
        return [one async for one in solver().better(day.job(), proposals, 5.0, lambda: True)]

    assert run(every()) == []


def test_a_lost_vehicles_stops_are_shared_out() -> None:
    day = at_work(12)
    cause = day.break_down("RCV02")
    (first,) = day.first(cause)
    sound(day, first)
    left = {s for word in day.picture.rounds["RCV02"][12:] if (s := stop_of(word)) is not None}
    (option,) = first.options
    assert {stop for stop, _ in option.placed} | {one.stop for one in option.unserved} == left
    assert len(option.placed) > len(left) / 2
    assert next(r.visits for r in option.rounds if r.vehicle == "RCV02") == list(
        day.picture.rounds["RCV02"][:12]
    )
    assert first.before.unserved == len(left)
    (better,) = [one for one in day.better([first], 0.5) if one.cause == cause]
    sound(day, better)
    assert min(o.after.unserved for o in better.options) <= option.after.unserved


def test_a_breakdown_approved_undone_and_approved_again() -> None:
    day = at_work(12)
    cause = day.break_down("RCV02")
    rounds = day.picture.rounds
    (first,) = day.first(cause)
    name = day.decide(run(desk().approve(day.picture, first, None, "Manager 1")))
    after = day.picture.rounds
    assert after != rounds
    day.decide(run(desk().undo(day.picture, name, "Manager 1")))
    assert day.picture.rounds == rounds and cause in day.picture.open_causes
    (again,) = day.first(cause)
    assert again.day_version == day.picture.version
    day.decide(run(desk().approve(day.picture, again, None, "Manager 1")))
    assert day.picture.rounds == after


def test_with_every_vehicle_broken_down_all_is_told_and_nothing_fails() -> None:
    day = at_work(12)
    request = day.request("SR1", 3)
    causes = [day.break_down(vehicle) for vehicle in VEHICLES]
    proposals = day.first(*causes, request)
    assert len(proposals) == 4
    for proposal in proposals[:3]:
        (option,) = proposal.options
        assert not option.placed and option.unserved
        assert {code for one in option.unserved for code in one.codes} == {"no_vehicle"}
    assert proposals[3].options[0].unserved[0].codes == ["no_vehicle"]
    better = day.better(proposals)
    assert {one.proposal_id for one in better} == {one.proposal_id for one in proposals}
    assert all(one.final for one in better)


def test_a_closure_names_the_stops_nobody_can_reach() -> None:
    day = at_work(12)
    day.take(RoadClosed("K1", ["ST0007"]))
    (first,) = day.first(Cause(CauseKind.CLOSURE, "K1"))
    sound(day, first)
    (option,) = first.options
    closed = {COUNCIL.stops.ids[n] for n in stops_along(COUNCIL, ["ST0007"])}
    told = [one for one in option.unserved if one.codes == ["road_closed"]]
    assert {one.stop for one in told} == closed - set(day.picture.stops_done)
    assert all("Hazel Way" in one.words and one.relaxation for one in told)
    assert not closed - set(day.picture.stops_done) & stops_in(option)
    day.decide(run(desk().approve(day.picture, first, None, "Manager 1")))


def test_a_closure_that_concerns_nobody_is_answered_too() -> None:
    day = at_work(12)
    for vehicle in VEHICLES:
        day.done(vehicle, len(day.picture.rounds[vehicle]) - 12)
    day.take(RoadClosed("K1", ["ST0006"]))
    (proposal,) = day.first(Cause(CauseKind.CLOSURE, "K1"))
    assert proposal.touches == [] and proposal.options[0].rounds == []
    assert [one.final for one in day.better([proposal])] == [True]


def test_a_depot_that_is_cut_off_is_named_and_the_road_opens_again() -> None:
    day = Day()
    day.take(RoadClosed("K1", ["ST0001", "ST0007"]))
    (first,) = day.first(Cause(CauseKind.CLOSURE, "K1"))
    codes = {code for one in first.options[0].unserved for code in one.codes}
    assert "depot_cut_off" in codes and codes <= {"depot_cut_off", "road_closed", "cut_off"}
    assert any("Gridham Depot" in one.words for one in first.options[0].unserved)
    day.take(RoadOpened("K1"))
    (proposal,) = day.first(day.request("SR1", 3))
    assert proposal.options[0].placed


def test_a_street_that_many_report_is_called_at_again() -> None:
    day = at_work(12)
    east, north = EN[0].tolist()
    for n in range(4):
        day.take(
            FeedbackSignal(
                f"post{n}", FeedbackCategory.MISSED_COLLECTION, east, north, 20.0,
                day.picture.as_of, -0.5, 0.95, reporter=f"{n:016x}",
            )
        )  # fmt: skip
    causes = [cause for cause in day.picture.open_causes if cause.kind is CauseKind.CLUSTER]
    assert len(causes) == 1
    (first,) = day.first(*causes)
    sound(day, first)
    origins = {stop.origin for stop in solver()._answers.new_stops(day.picture, causes[0])}
    assert first.options[0].placed and origins <= set(day.picture.stops_done)
    day.decide(run(desk().approve(day.picture, first, None, "Manager 1")))
    assert causes[0] not in day.picture.open_causes


def test_a_round_that_will_be_late_is_told_once_for_each_version() -> None:
    day = at_work(12)
    # Nothing is done for hours, and nobody can be back in time any more.
    picture = replace(day.picture, as_of=MORNING + timedelta(hours=4, minutes=40))
    late = solver()._late.causes(picture)
    assert {cause.kind for cause in late} == {CauseKind.LATE} and late

    async def every() -> list[RoundsProposal]:
        job = day.job()._replace(picture=picture)
        return [one async for one in solver().better(job, [], 0.2)]

    told = run(every())
    assert {one.cause for one in told} == set(late)
    assert all(one.before.late_s > 0 for one in told)
    assert run(every()) == []


def test_a_request_nobody_has_room_for_is_explained() -> None:
    day = at_work(12)
    cause = day.request("SR1", 3, ServiceCode.FLY_TIP)
    # The shift is nearly over for everybody.
    picture = replace(day.picture, as_of=MORNING + timedelta(hours=4, minutes=30))
    (first,) = run(solver().first(day.job(cause)._replace(picture=picture)))
    (one,) = first.options[0].unserved
    assert one.codes == ["no_place"] and "R-SR1" in one.words

    async def every() -> list[RoundsProposal]:
        job = day.job()._replace(picture=picture)
        return [p async for p in solver().better(job, [first], 0.2) if p.cause == cause]

    (better,) = run(every())
    told = [u for option in better.options for u in option.unserved if u.stop == "R-SR1"]
    assert told and all(u.codes != ["no_place"] or u.relaxation is None for u in told)


def test_settings_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="better_s"):
        RoundSolverSettings(better_s=0)
    with pytest.raises(ValueError, match="quiet_s"):
        RoundSolverSettings(quiet_s=-1)


def test_a_search_waits_for_quiet_and_a_new_cause_does_not_wait_for_it() -> None:
    patient = RoundSolver(COUNCIL, RoundSolverSettings(quiet_s=0.2))
    day = at_work(12)
    first = day.first(day.request("SR1", 50))
    second = day.request("SR2", 90)
    order: list[str] = []

    async def search() -> None:
        better = patient.better(day.job(), first, 1.5)
        order.extend([one.proposal_id async for one in better])

    async def both() -> None:
        searching = asyncio.create_task(search())
        await asyncio.sleep(0.4)
        (one,) = await patient.first(day.job(second))
        order.append(one.proposal_id)
        await searching

    run(both())
    patient.close()
    assert order[0] == f"request-SR2-{day.picture.version}" and order[1] == first[0].proposal_id


@settings(max_examples=8, deadline=None)
@given(
    done=st.lists(st.integers(0, 43), min_size=3, max_size=3),
    homes=st.lists(st.integers(0, 479), min_size=1, max_size=3, unique=True),
    broken=st.sets(st.integers(0, 2), max_size=3),
    closed=st.sets(st.integers(0, 11), max_size=3),
    service=st.sampled_from([ServiceCode.MISSED_COLLECTION, ServiceCode.FLY_TIP]),
)
def test_whatever_happens_every_answer_is_sound_and_can_be_approved(
    done: list[int], homes: list[int], broken: set[int], closed: set[int], service: ServiceCode
) -> None:
    day = Day()
    for vehicle, count in zip(VEHICLES, done, strict=True):
        day.done(vehicle, min(count, len(day.picture.rounds[vehicle])))
    causes = [day.request(f"SR{n}", home, service) for n, home in enumerate(homes)]
    causes += [day.break_down(VEHICLES[n]) for n in sorted(broken)]
    if closed:
        day.take(RoadClosed("K1", [COUNCIL.streets.ids[n] for n in sorted(closed)]))
        causes.append(Cause(CauseKind.CLOSURE, "K1"))
    for cause in day.picture.open_causes:
        assert cause in causes
        for proposal in day.first(cause):
            sound(day, proposal)
            day.decide(run(desk().approve(day.picture, proposal, None, "Manager 1")))
