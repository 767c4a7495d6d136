"""The fold of a council's day: what each event changes, in any order, and how decisions are judged."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.council.day_draft import DayDraft
from services.council.day_ground import DayGround
from services.council.day_picture import ChangeStatus, DayPicture, RequestStatus
from streams.council_events import (
    FeedbackCategory,
    FeedbackSignal,
    ReportChannel,
    RequestClosed,
    RequestOutcome,
    RoadClosed,
    RoadOpened,
    ServiceCode,
    ServiceRequested,
    StopDone,
    StopOutcome,
    VehiclePosition,
    VehicleStatus,
    VehicleStatusChanged,
)
from streams.events import Event, EventData
from streams.rounds_plan import (
    AddedStop,
    Cause,
    CauseKind,
    RoundData,
    RoundsAction,
    RoundsDecided,
    StopLock,
)
from tests.geo.councils import grid_council
from tests.services.council.days import MORNING, event

COUNCIL = grid_council()
GROUND = DayGround(COUNCIL)
EN = COUNCIL.properties.en
UPRN = COUNCIL.properties.uprn


def at(home: int) -> tuple[float, float]:
    """Where a home stands."""
    easting, northing = EN[home].tolist()
    return easting, northing


def folded(*events: Event, begin: DayPicture | None = None) -> DayPicture:
    draft = DayDraft(GROUND, begin or GROUND.empty_day())
    for one in events:
        draft.take(one)
    return draft.picture()


def request(
    name: str, home: int = 0, service: ServiceCode = ServiceCode.MISSED_COLLECTION, **more: object
) -> ServiceRequested:
    given: dict[str, object] = {"at": MORNING, "uprn": str(UPRN[home])} | more
    return ServiceRequested(name, service, ReportChannel.EVENT, *at(home), **given)  # type: ignore[arg-type]


def revisit(stop: str, of: str, origin: str = "S00001") -> AddedStop:
    return AddedStop(stop, *at(0), 0, 1, 60.0, {"residual": 9.0}, 1.0, origin, of)


def approval(day: DayPicture, vehicle: str, *new: str, **more: object) -> RoundsDecided:
    """A decision that puts `new` behind what the vehicle has done."""
    done = day.vehicles[vehicle].done
    visits = day.rounds[vehicle]
    rounds = [RoundData(vehicle, [*visits[:done], *new, *visits[done:]])]
    given: dict[str, object] = {"action": RoundsAction.APPROVE, "rounds": rounds} | more
    return RoundsDecided(operator="Manager 1", day_version=day.version, **given)  # type: ignore[arg-type]


def test_a_quiet_day_is_the_mornings_plan() -> None:
    day = folded()
    assert day.date is None and day.version == 0 and not day.changes
    assert day.rounds == dict(zip(COUNCIL.vehicles.ids, COUNCIL.rounds, strict=True))


def test_what_is_done_leads_the_round_in_the_order_it_was_done() -> None:
    plan = COUNCIL.rounds[0]
    day = folded(
        event(StopDone("RCV01", plan[0]), 1),
        event(StopDone("RCV01", plan[2]), 3),
        event(StopDone("RCV01", plan[1], StopOutcome.NOT_OUT, uprns=["10000004"]), 5),
    )
    assert day.rounds["RCV01"] == (plan[0], plan[2], plan[1], *plan[3:])
    assert day.vehicles["RCV01"].done == 3
    assert day.vehicles["RCV01"].last_done_at == MORNING + timedelta(minutes=5)
    assert day.stops_done[plan[1]].uprns == ("10000004",)


def test_a_stop_done_by_another_crew_leaves_the_round_it_was_in() -> None:
    mine, theirs = COUNCIL.rounds[0], COUNCIL.rounds[1]
    day = folded(event(StopDone("RCV01", theirs[4]), 1))
    assert day.rounds["RCV01"] == (theirs[4], *mine)
    assert theirs[4] not in day.rounds["RCV02"] and len(day.rounds["RCV02"]) == len(theirs) - 1


def test_tips_and_breaks_are_done_once_for_each_word() -> None:
    plan = COUNCIL.rounds[0]
    tip = event(StopDone("RCV01", "tip:T1"), 1)
    day = folded(tip, tip, event(StopDone("RCV01", "break>"), 2))
    assert day.rounds["RCV01"][:2] == ("tip:T1", "break")
    assert sorted(day.rounds["RCV01"]) == sorted(plan)


def test_a_request_asks_and_ends() -> None:
    day = folded(event(request("SR-1"), 10))
    assert day.requests["SR-1"].stop == COUNCIL.stops.ids[int(COUNCIL.properties.stop[0])]
    assert day.open_causes == (Cause(CauseKind.REQUEST, "SR-1"),)
    day = folded(event(RequestClosed("SR-1", RequestOutcome.REFUSED, "too_early"), 11), begin=day)
    assert day.requests["SR-1"].status is RequestStatus.REFUSED
    assert day.requests["SR-1"].reason == "too_early"
    assert not day.open_causes and day.changes["request:SR-1"].status is ChangeStatus.EXPIRED


def test_an_end_that_overtakes_its_request_counts() -> None:
    day = folded(event(RequestClosed("SR-1", RequestOutcome.WITHDRAWN), 11), event(request("SR-1"), 10))
    assert day.requests["SR-1"].status is RequestStatus.WITHDRAWN and not day.open_causes and not day.early


def test_a_thousand_identical_reports_are_one_request() -> None:
    day = folded(
        *(event(request(f"SR-{n}", reporter=f"{n % 70:016x}"), n / 100, f"e{n}") for n in range(1_000))
    )
    assert list(day.requests) == ["SR-0"] and day.requests["SR-0"].reports == 1_000
    assert len(day.requests["SR-0"].reporters) == 50 and len(day.changes) == 1
    assert day.request_named("SR-999") is day.requests["SR-0"]


@pytest.mark.parametrize(
    ("other", "merged"),
    [
        (request("B"), True),
        (request("B", uprn=None), True),  # at the same front door
        (request("B", home=1), False),
        (request("B", service=ServiceCode.BULKY_ITEM), False),
        (request("B", at=MORNING - timedelta(days=1)), True),  # of a day before, and still not answered
        (request("B", at=MORNING - timedelta(days=5)), False),
    ],
)
def test_reports_of_the_same_thing_are_merged(other: ServiceRequested, merged: bool) -> None:
    day = folded(event(request("A"), 1), event(other, 2))
    assert (day.merged == {"B": "A"}) is merged
    assert len(day.requests) == (1 if merged else 2)


def test_reports_of_one_street_are_one_where_the_service_is_of_streets() -> None:
    tips = [request(name, home, ServiceCode.FLY_TIP) for name, home in (("A", 0), ("B", 1))]
    day = folded(event(tips[0], 1), event(tips[1], 2))
    assert day.merged == {"B": "A"}


STOP = COUNCIL.stops.ids[int(COUNCIL.properties.stop[0])]


@pytest.mark.parametrize(
    ("word", "at_minute", "reason"),
    [
        (StopDone("RCV01", STOP, StopOutcome.NOT_OUT), 1, "crew_reason_not_out"),
        (StopDone("RCV01", STOP, StopOutcome.NOT_OUT, uprns=[str(UPRN[0])]), 1, "crew_reason_not_out"),
        (StopDone("RCV01", STOP, StopOutcome.NOT_OUT, uprns=["1"]), 1, None),
        (StopDone("RCV01", STOP, StopOutcome.NOT_OUT), 3, None),  # after it was noticed
        (StopDone("RCV01", STOP), 1, None),
    ],
)
def test_a_reason_of_the_crew_refuses_what_nobody_judged(
    word: StopDone, at_minute: float, reason: str | None
) -> None:
    events = event(word, at_minute), event(request("A", at=MORNING + timedelta(minutes=2)), 4)
    for day in (folded(*events), folded(*reversed(events))):
        state = day.requests["A"]
        assert (state.status is RequestStatus.REFUSED) is (reason is not None)
        assert state.reason == reason
        assert bool(day.open_causes) is (reason is None)


def test_what_is_told_too_late_is_refused_and_stays_so_the_next_day() -> None:
    late = event(request("A", at=MORNING - timedelta(days=7)), 1)
    day = folded(late)
    assert (day.requests["A"].status, day.requests["A"].reason) == (RequestStatus.REFUSED, "too_late")
    tomorrow = folded(event(VehiclePosition("RCV01", *at(0)), 24 * 60), begin=day)
    assert "A" not in tomorrow.requests and not tomorrow.open_causes


def test_what_the_desk_has_judged_is_not_judged_again() -> None:
    judged = replace(event(request("A", at=MORNING - timedelta(days=7)), 1), source="/dynamic-cover/requests")
    assert folded(judged).requests["A"].status is RequestStatus.OPEN


def test_a_report_after_the_end_of_the_first_is_a_new_request() -> None:
    closed = event(RequestClosed("A", RequestOutcome.DONE), 2)
    day = folded(event(request("A"), 1), closed, event(request("B"), 3))
    assert day.requests["B"].status is RequestStatus.OPEN and not day.merged


def test_an_ordinary_collection_after_the_report_answers_it() -> None:
    stop = COUNCIL.stops.ids[int(COUNCIL.properties.stop[0])]
    day = folded(event(request("SR-1"), 1), event(StopDone("RCV01", stop), 20))
    assert day.requests["SR-1"].status is RequestStatus.DONE
    assert day.requests["SR-1"].reason == "collected_since" and not day.open_causes


def test_a_breakdown_asks_until_the_vehicle_is_back() -> None:
    broken = event(VehicleStatusChanged("RCV02", VehicleStatus.BROKEN_DOWN, *at(5)), 30)
    day = folded(broken)
    assert day.open_causes == (Cause(CauseKind.BREAKDOWN, "RCV02"),)
    assert day.vehicles["RCV02"].easting_m == EN[5, 0]
    day = folded(event(VehicleStatusChanged("RCV02", VehicleStatus.IN_SERVICE), 40), begin=day)
    assert not day.open_causes
    day = folded(event(VehicleStatusChanged("RCV02", VehicleStatus.OFF_ROAD), 50), begin=day)
    assert day.open_causes and day.changes["breakdown:RCV02"].at == MORNING + timedelta(minutes=50)


def test_a_closure_ends_by_word_or_by_time() -> None:
    day = folded(
        event(RoadClosed("K1", ["ST0001", "ST0002"]), 1),
        event(RoadClosed("K2", ["ST0003"], MORNING + timedelta(minutes=30)), 2),
    )
    assert day.closed_streets == {"ST0001", "ST0002", "ST0003"} and len(day.open_causes) == 2
    day = folded(event(RoadOpened("K1"), 10), begin=day)
    assert day.closed_streets == {"ST0003"}
    day = folded(event(VehiclePosition("RCV01", *at(0)), 31), begin=day)
    assert not day.closed_streets and not day.open_causes


def test_posts_gather_until_they_ask_and_a_word_ends_it() -> None:
    posts = [
        event(
            FeedbackSignal(
                f"P{n}", FeedbackCategory.OVERFLOWING_BIN, *at(0), 40.0, MORNING, -0.5, 0.9,
                reporter=f"{n:016x}",
            ),
            n,
        )
        for n in range(4)
    ]  # fmt: skip
    assert not folded(posts[0]).open_causes
    day = folded(*posts)
    (cause,) = day.open_causes
    assert cause.kind is CauseKind.CLUSTER and day.clusters[cause.id].reports == 4


def test_an_approval_serves_its_request_and_undoing_opens_it_again() -> None:
    day = folded(event(request("SR-1"), 1))
    cause = day.open_causes[0]
    decided = approval(day, "RCV01", "R-SR-1", cause=cause, stops=[revisit("R-SR-1", "SR-1")])
    after = folded(event(decided, 2, "D1"), begin=day)
    assert after.version == 1 and after.rounds["RCV01"][0] == "R-SR-1"
    assert after.requests["SR-1"].status is RequestStatus.PLANNED
    assert after.changes["request:SR-1"].status is ChangeStatus.APPROVED
    assert after.changes["request:SR-1"].decision == "D1"
    assert folded(event(decided, 2, "D1"), begin=after) is after

    undo = RoundsDecided(
        RoundsAction.UNDO,
        "Manager 1",
        1,
        undoes="D1",
        rounds=[RoundData("RCV01", list(after.decisions[-1].before.rounds["RCV01"]))],  # type: ignore[union-attr]
    )
    back = folded(event(undo, 3, "D2"), begin=after)
    assert back.rounds == day.rounds and back.version == 2 and not back.added
    assert back.requests["SR-1"].status is RequestStatus.OPEN and back.open_causes == (cause,)
    assert back.decisions[0].undone and back.decisions[1].void is None
    again = folded(event(undo, 4, "D3"), begin=back)
    assert again.version == 2 and again.decisions[-1].void is not None


def test_a_revisit_done_ends_its_request() -> None:
    day = folded(event(request("SR-1"), 1))
    cause = day.open_causes[0]
    decided = approval(day, "RCV01", "R-SR-1", cause=cause, stops=[revisit("R-SR-1", "SR-1")])
    day = folded(event(decided, 2, "D1"), event(StopDone("RCV01", "R-SR-1"), 9), begin=day)
    assert day.requests["SR-1"].status is RequestStatus.DONE and day.vehicles["RCV01"].done == 1


def test_decisions_that_no_longer_fit_are_void() -> None:
    day = folded(event(request("SR-1"), 1), event(request("SR-2", home=200), 1))
    first = approval(day, "RCV01", "R-1", cause=day.open_causes[0], stops=[revisit("R-1", "SR-1")])
    second = approval(day, "RCV01", "R-2", cause=day.open_causes[1], stops=[revisit("R-2", "SR-2")])
    elsewhere = approval(day, "RCV02", "R-2", cause=day.open_causes[1], stops=[revisit("R-2", "SR-2")])

    after = folded(event(first, 2, "D1"), event(second, 3, "D2"), begin=day)
    assert after.version == 1 and "another decision" in str(after.decisions[1].void)
    assert after.requests["SR-2"].status is RequestStatus.OPEN and "R-2" not in after.added

    both = folded(event(first, 2, "D1"), event(elsewhere, 3, "D2"), begin=day)
    assert both.version == 2 and both.decisions[1].void is None  # judged on version 0, but another round

    gone_on = folded(event(StopDone("RCV01", COUNCIL.rounds[0][3]), 2), event(first, 3, "D1"), begin=day)
    assert "gone on" in str(gone_on.decisions[0].void) and gone_on.version == 0

    twice = approval(day, "RCV01", COUNCIL.rounds[1][0])
    assert "another round" in str(folded(event(twice, 2, "D1"), begin=day).decisions[0].void)

    done_first = folded(
        event(RequestClosed("SR-1", RequestOutcome.WITHDRAWN), 2), event(first, 3, "D1"), begin=day
    )
    assert done_first.decisions[0].void is not None


def test_edits_lock_skip_and_take_vehicles_off() -> None:
    day = folded()
    stop = COUNCIL.rounds[0][0]
    edit = RoundsDecided(
        RoundsAction.ADJUST,
        "Manager 1",
        0,
        rounds=[RoundData("RCV01", list(COUNCIL.rounds[0][1:]))],
        locks=[StopLock(COUNCIL.rounds[0][1], "RCV01")],
        skipped=[stop],
        off=["RCV03"],
        edit="skip",
    )
    day = folded(event(edit, 1, "D1"), begin=day)
    assert day.skipped == {stop: "D1"} and day.locks == {COUNCIL.rounds[0][1]: "RCV01"}
    assert day.vehicles["RCV03"].status is VehicleStatus.OFF_ROAD
    assert day.open_causes == (Cause(CauseKind.BREAKDOWN, "RCV03"),)
    back = RoundsDecided(
        RoundsAction.ADJUST,
        "Manager 1",
        1,
        rounds=[RoundData("RCV01", list(COUNCIL.rounds[0]))],
        locks=[StopLock(COUNCIL.rounds[0][1], None)],
        back=[stop],
        on=["RCV03"],
    )
    day = folded(event(back, 2, "D2"), begin=day)
    assert not day.skipped and not day.locks and not day.open_causes and day.rounds == folded().rounds


def test_a_new_day_begins_with_the_mornings_plan() -> None:
    plan = COUNCIL.rounds[0]
    day = folded(
        event(StopDone("RCV01", plan[0]), 1),
        event(request("SR-1", home=400), 2),
        event(VehicleStatusChanged("RCV02", VehicleStatus.OFF_ROAD), 3),
    )
    late = event(approval(day, "RCV01", "R-9", stops=[revisit("R-9", "SR-1")]), 24 * 60 + 1, "D1")
    tomorrow = folded(
        event(VehiclePosition("RCV01", *at(0)), 24 * 60),
        late,
        event(StopDone("RCV01", plan[1]), 16 * 60),
        begin=day,
    )
    assert str(day.date) == "2025-06-06" and str(tomorrow.date) == "2025-06-07"
    assert tomorrow.rounds["RCV01"] == plan and not tomorrow.stops_done
    assert set(tomorrow.earlier) == {plan[0], plan[1]}
    assert {c.kind for c in tomorrow.open_causes} == {CauseKind.REQUEST, CauseKind.BREAKDOWN}
    assert tomorrow.decisions[0].void is not None


def _facts() -> list[EventData]:
    plan = COUNCIL.rounds[0]
    return [
        StopDone("RCV01", plan[0]),
        StopDone("RCV01", plan[3], load={"residual": 120.0}),
        StopDone("RCV01", plan[3], StopOutcome.NOT_OUT),
        StopDone("RCV02", plan[5]),
        StopDone("RCV01", "tip:T1"),
        StopDone("RCV01", "break"),
        VehiclePosition("RCV01", *at(3), load={"residual": 80.0}),
        VehiclePosition("RCV01", *at(9)),
        VehicleStatusChanged("RCV02", VehicleStatus.BROKEN_DOWN, *at(7)),
        VehicleStatusChanged("RCV02", VehicleStatus.IN_SERVICE),
        RoadClosed("K1", ["ST0003"]),
        RoadOpened("K1"),
        RoadClosed("K2", ["ST0004"]),
        request("SR-1"),
        RequestClosed("SR-1", RequestOutcome.DONE),
        request("SR-2", home=300, service=ServiceCode.BULKY_ITEM),
        FeedbackSignal("P1", FeedbackCategory.FLOODING, *at(0), 40.0, MORNING, 0.0, 0.9),
    ]


def _essence(day: DayPicture) -> object:
    """All but what counts in the order of the log: which changes were open in between."""
    asking = {key: change.at for key, change in day.changes.items() if change.status is ChangeStatus.OPEN}
    return (
        day.as_of, day.rounds, day.vehicles, day.stops_done, day.requests, day.closures, day.clusters, asking
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_and_any_repeats_give_the_same_day(data: st.DataObject) -> None:
    events = [event(fact, n, f"e{n}") for n, fact in enumerate(_facts())]
    shuffled = data.draw(st.permutations(events))
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=6))
    first = event(VehiclePosition("RCV03", *at(1)), 60, "last")  # the day's time is known at once
    straight, mixed = folded(first, *events), folded(first, *shuffled, *repeats)
    assert _essence(straight) == _essence(mixed)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(_facts()) - 1), max_size=25))
def test_a_draft_that_was_read_in_between_comes_to_the_same(which: list[int]) -> None:
    facts = _facts()
    events = [event(facts[at], n, f"e{n}") for n, at in enumerate(which)]
    draft, seen = DayDraft(GROUND, GROUND.empty_day()), []
    for one in events:
        draft.take(one)
        seen.append((draft.picture(), draft.picture().digest()))
    assert all(day.digest() == digest for day, digest in seen)
    assert draft.picture().digest() == folded(*events).digest()
