"""The fold: idempotent, safe out of order, bounded."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.appliance_state import Order
from services.picture import DECISIONS_KEPT, HORIZON, Picture, empty_picture, fold
from streams.events import (
    TYPE_OF,
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    DecisionAction,
    DecisionMade,
    Event,
    EventData,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
)

START = datetime(2025, 6, 6, 17, tzinfo=UTC)
HOMES = {"A211": "A21", "A212": "A21", "A221": "A22"}
STATIONS = ["A21", "A22", "A23"]


def event(data: EventData, minute: float = 0.0, id: str = "e", sequence: int = 0) -> Event:
    return Event(id, "/test", TYPE_OF[type(data)], START + timedelta(minutes=minute), "demo", data, sequence)


def status(
    appliance: str, word: ApplianceStatus, station: str | None = None, incident: str | None = None
) -> ApplianceStatusChanged:
    return ApplianceStatusChanged(appliance, word, station, incident)


def decided(action: DecisionAction, appliance: str = "A211", to: str = "A23") -> DecisionMade:
    return DecisionMade("p1", 0, f"{appliance}>{to}", appliance, "A21", to, action, "tester")


def folded(*events: Event) -> Picture:
    picture = empty_picture("demo", HOMES)
    for one in events:
        picture = fold(picture, one)
    return picture


appliances = st.sampled_from(sorted(HOMES))
incidents = st.sampled_from(["I1", "I2", "I3"])
stations = st.sampled_from(STATIONS)
data = st.one_of(
    st.builds(
        IncidentOpened,
        incidents,
        st.sampled_from(IncidentCategory),
        st.floats(0, 1000),
        st.floats(0, 1000),
        st.dictionaries(st.just("pump"), st.integers(0, 9)),
    ),
    st.builds(IncidentUpdated, incidents, st.dictionaries(st.just("pump"), st.integers(0, 9))),
    st.builds(IncidentStopped, incidents),
    st.builds(ApplianceStatusChanged, appliances, st.sampled_from(ApplianceStatus), stations, incidents),
    st.builds(ApplianceStatusChanged, appliances, st.just(ApplianceStatus.OFF_RUN)),
    st.builds(ApplianceStatusChanged, appliances, st.just(ApplianceStatus.MOBILISED), st.none(), incidents),
    st.builds(AppliancePosition, appliances, st.floats(0, 1000), st.floats(0, 1000)),
    st.builds(
        lambda a, to, action: decided(action, a, to),
        appliances,
        stations,
        st.sampled_from([DecisionAction.ACCEPT, DecisionAction.UNDO]),
    ),
)
histories = st.lists(st.tuples(data, st.integers(0, 300), st.integers(0, 2)), max_size=25).map(
    lambda rows: [event(d, minute, f"e{i}", sequence) for i, (d, minute, sequence) in enumerate(rows)]
)


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_any_order_with_repeats_gives_the_same_picture(history: list[Event], rng: random.Random) -> None:
    shuffled = history + [rng.choice(history) for _ in range(5) if history]
    rng.shuffle(shuffled)
    once, again = folded(*history), folded(*shuffled)
    assert (
        once.digest()
        == Picture(
            again.area,
            again.as_of,
            {k: again.appliances[k] for k in once.appliances},
            {k: again.incidents[k] for k in once.incidents},
            {k: again.rejections[k] for k in once.rejections},
            again.decisions,
            again.orders,
        ).digest()
    )
    assert set(once.incidents) == set(again.incidents)


@given(histories)
def test_folding_again_changes_nothing(history: list[Event]) -> None:
    once = folded(*history)
    for one in history:
        again = fold(once, one)
        assert again.digest() == once.digest()


def test_before_any_event_all_stand_at_home() -> None:
    picture = folded()
    assert picture.available == 3
    assert picture.appliances["A211"].counts_at == "A21"


def test_an_appliance_on_its_way_to_stand_by_counts_where_it_is_bound() -> None:
    picture = folded(event(status("A211", ApplianceStatus.RELOCATING, "A23")))
    assert picture.appliances["A211"].counts_at == "A23"


def test_committed_and_off_the_run_count_nowhere() -> None:
    picture = folded(
        event(status("A211", ApplianceStatus.MOBILISED, incident="I1"), id="e1"),
        event(status("A212", ApplianceStatus.OFF_RUN), id="e2"),
    )
    assert picture.available == 1
    assert picture.appliances["A211"].counts_at is None
    assert picture.appliances["A212"].counts_at is None


def test_late_word_does_not_undo_newer_word() -> None:
    newer = event(status("A211", ApplianceStatus.AT_INCIDENT, incident="I1"), 10, "e2")
    late = event(status("A211", ApplianceStatus.MOBILISED, incident="I1"), 5, "e1")
    assert folded(newer, late).appliances["A211"].status is ApplianceStatus.AT_INCIDENT


def test_stop_that_overtakes_its_opening_closes_the_incident() -> None:
    stop = event(IncidentStopped("I1"), 5, "e2")
    opening = event(IncidentOpened("I1", IncidentCategory.FIRE, 1, 1, {"pump": 2}), 0, "e1")
    assert not folded(stop, opening).incidents["I1"].open


def test_accepted_move_counts_at_its_destination_until_told_or_undone() -> None:
    accept = event(decided(DecisionAction.ACCEPT), 1, "d1")
    picture = folded(accept)
    assert picture.appliances["A211"].ordered == Order("A23", "p1", "A211>A23", accept.time)
    assert picture.appliances["A211"].counts_at == "A23"
    undone = fold(picture, event(decided(DecisionAction.UNDO), 2, "d2"))
    assert undone.appliances["A211"].ordered is None
    assert undone.appliances["A211"].counts_at == "A21"
    told = fold(picture, event(status("A211", ApplianceStatus.RELOCATING, "A23"), 2, "s1"))
    assert told.appliances["A211"].ordered is None
    home_again = fold(told, event(status("A211", ApplianceStatus.AVAILABLE, "A21"), 30, "s2"))
    assert home_again.appliances["A211"].counts_at == "A21"


def test_a_call_ends_an_order() -> None:
    picture = folded(
        event(decided(DecisionAction.ACCEPT), 1, "d1"),
        event(status("A211", ApplianceStatus.MOBILISED, incident="I1"), 2, "s1"),
        event(status("A211", ApplianceStatus.RETURNING, "A21"), 40, "s2"),
    )
    assert picture.appliances["A211"].ordered is None
    assert picture.appliances["A211"].counts_at == "A21"


def test_word_of_an_order_older_than_going_off_the_run_gives_no_order() -> None:
    picture = folded(
        event(decided(DecisionAction.ACCEPT), 1, "d1"),
        event(status("A211", ApplianceStatus.OFF_RUN), 0, "s1"),  # came in late
    )
    assert picture.appliances["A211"].ordered is None
    assert picture.appliances["A211"].counts_at is None


def test_rejection_is_remembered_and_lifted_by_accepting() -> None:
    rejected = folded(event(decided(DecisionAction.REJECT), 1, "d1"))
    assert rejected.rejections["A211>A23"].available == 3
    lifted = fold(rejected, event(decided(DecisionAction.ACCEPT), 2, "d2"))
    assert lifted.rejections == {}


def test_the_picture_stays_small() -> None:
    picture = empty_picture("demo", HOMES)
    for i in range(400):
        opening = IncidentOpened(f"I{i}", IncidentCategory.FIRE, 1, 1, {"pump": 1})
        picture = fold(picture, event(opening, 10 * i, f"o{i}"))
        picture = fold(picture, event(IncidentStopped(f"I{i}"), 10 * i + 5, f"s{i}"))
        picture = fold(picture, event(decided(DecisionAction.REJECT, to=f"A{i}"), 10 * i + 6, f"d{i}"))
    assert len(picture.incidents) <= HORIZON / timedelta(minutes=10) + 1
    assert len(picture.rejections) <= HORIZON / timedelta(minutes=10) + 1
    assert len(picture.decisions) == DECISIONS_KEPT


def test_rejecting_one_move_leaves_another_order_alone() -> None:
    picture = folded(
        event(decided(DecisionAction.ACCEPT, to="A23"), 1, "d1"),
        event(decided(DecisionAction.REJECT, to="A22"), 2, "d2"),
    )
    assert picture.appliances["A211"].counts_at == "A23"


def test_an_order_does_not_survive_the_incident_it_missed() -> None:
    picture = folded(
        event(decided(DecisionAction.ACCEPT), 1, "d1"),
        event(status("A211", ApplianceStatus.MOBILISED, incident="I1"), 0, "s1"),  # came in late
    )
    assert picture.appliances["A211"].ordered is None
    after = fold(picture, event(status("A211", ApplianceStatus.RETURNING, "A21"), 40, "s2"))
    assert after.appliances["A211"].counts_at == "A21"


def test_words_of_an_incident_never_opened_are_forgotten() -> None:
    picture = empty_picture("demo", HOMES)
    for hour in range(100):
        picture = fold(picture, event(IncidentUpdated(f"I{hour}", {"pump": 1}), 60 * hour, f"u{hour}"))
    assert len(picture.incidents) <= HORIZON / timedelta(hours=1) + 1


def test_same_id_from_two_sources_is_two_events() -> None:
    one = event(status("A211", ApplianceStatus.OFF_RUN), 1, "1")
    other = Event("1", "/avl", one.type, one.time, one.area, status("A211", ApplianceStatus.AVAILABLE, "A22"))
    assert folded(one, other).digest() == folded(other, one).digest()
