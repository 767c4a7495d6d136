"""The register of orders: the same in any order, bounded, undone orders out; what counts as a reversal."""

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from optimiser.cover.stability import MadeMove, ReversalCount
from services.move_orders import ORDERS_KEPT, ORDERS_SPAN
from services.move_stability import MoveStability
from services.picture import Picture, empty_picture, fold
from streams.cover_advice import Stability
from streams.events import DecisionAction, DecisionMade, Event
from tests.services.live import small_region
from tests.services.test_picture import HOMES, START, event

ACCEPT, REJECT, UNDO = DecisionAction.ACCEPT, DecisionAction.REJECT, DecisionAction.UNDO


def decided(
    action: DecisionAction,
    minute: float,
    to: str = "A23",
    frm: str = "A21",
    appliance: str = "A211",
    id: str = "",
) -> Event:
    data = DecisionMade("p1", 0, f"{appliance}>{to}", appliance, frm, to, action, "tester")
    return event(data, minute, id or f"{action}-{minute}-{appliance}-{to}")


def folded(*events: Event) -> Picture:
    picture = empty_picture("demo", HOMES)
    for one in events:
        picture = fold(picture, one)
    return picture


words = st.tuples(
    st.sampled_from([ACCEPT, UNDO, REJECT]),
    st.integers(0, 3 * 24 * 60),
    st.sampled_from(["A22", "A23"]),
    st.sampled_from(sorted(HOMES)),
)


@given(st.lists(words, max_size=30), st.randoms(use_true_random=False))
def test_orders_are_the_same_in_any_order_and_with_repeats(
    rows: list[tuple[DecisionAction, int, str, str]], rng: random.Random
) -> None:
    history = [
        decided(action, minute, to, appliance=appliance, id=f"d{i}")
        for i, (action, minute, to, appliance) in enumerate(rows)
    ]
    shuffled = history + [rng.choice(history) for _ in range(5) if history]
    rng.shuffle(shuffled)
    once, again = folded(*history), folded(*shuffled)
    assert once.orders == again.orders
    assert once.moves_made() == again.moves_made()
    assert all(once.as_of - word.key[0] <= ORDERS_SPAN for word in once.orders)


def test_accepted_moves_stand_until_taken_back() -> None:
    picture = folded(decided(ACCEPT, 1), decided(ACCEPT, 2, "A22", appliance="A212"), decided(REJECT, 3))
    assert [(m.appliance, m.from_station, m.to_station) for m in picture.moves_made()] == [
        ("A211", "A21", "A23"),
        ("A212", "A21", "A22"),
    ]
    picture = fold(picture, decided(UNDO, 4))
    assert [move.appliance for move in picture.moves_made()] == ["A212"]


def test_a_move_accepted_again_is_one_move() -> None:
    twice = folded(decided(ACCEPT, 1), decided(ACCEPT, 20))
    assert [move.at for move in twice.moves_made()] == [START + timedelta(minutes=20)]
    assert fold(twice, decided(UNDO, 21)).moves_made() == ()


def test_a_move_made_again_after_the_way_back_is_another() -> None:
    there, back = ("A23", "A21"), ("A21", "A23")
    ways = [decided(ACCEPT, 5 * i, *(there if i % 2 == 0 else back)) for i in range(4)]
    assert len(folded(*ways).moves_made()) == 4
    assert len(folded(*ways, decided(UNDO, 21, "A21")).moves_made()) == 3


def test_moves_asked_again_are_not_worked_out_again() -> None:
    picture = folded(decided(ACCEPT, 1), decided(ACCEPT, 2, "A22", appliance="A212"))
    assert picture.moves_made() is picture.moves_made()


def test_an_undo_that_overtakes_what_it_takes_back_still_does() -> None:
    assert folded(decided(UNDO, 4), decided(ACCEPT, 1)).moves_made() == ()


def test_recent_moves_are_of_the_areas_time() -> None:
    picture = folded(decided(ACCEPT, 0), decided(ACCEPT, 40, "A22", appliance="A212"))
    assert [move.appliance for move in picture.recent_moves(1800)] == ["A212"]
    assert len(picture.recent_moves(3600)) == 2


def test_orders_are_bounded_in_time_and_number() -> None:
    picture = empty_picture("demo", HOMES)
    for i in range(ORDERS_KEPT + 20):
        picture = fold(picture, decided(ACCEPT, i / 10, id=f"d{i}"))
    assert len(picture.orders) == ORDERS_KEPT
    assert picture.orders[-1].key[2].endswith(f"d{ORDERS_KEPT + 19}")
    picture = fold(picture, decided(REJECT, 3 * 24 * 60))
    assert picture.orders == ()


def region_picture(*moves: tuple[float, str, str, str]) -> Picture:
    region = small_region()
    homes = {
        id_: region.stations.ids[h]
        for id_, h in zip(region.appliances.ids, region.appliances.home.tolist(), strict=True)
    }
    picture = empty_picture(region.id, homes)
    for minute, appliance, frm, to in moves:
        picture = fold(picture, decided(ACCEPT, minute, to, frm, appliance))
    return picture


def test_reversals_are_counted_for_the_plan() -> None:
    region = small_region()
    first, *_ = region.appliances.ids
    here, there, *_ = region.stations.ids
    stability = MoveStability(region)
    assert stability.of(region_picture()) == Stability(0, 0, 0.0)
    back_soon = region_picture((0, first, here, there), (20, first, there, here))
    assert stability.of(back_soon) == Stability(2, 1, 50.0)
    assert stability.of(back_soon) is stability.of(back_soon)
    back_late = region_picture((0, first, here, there), (40, first, there, here))
    assert stability.of(back_late) == Stability(2, 0, 0.0)


def test_a_reversal_is_told_as_it_comes() -> None:
    region = small_region()
    first, *_ = region.appliances.ids
    here, there, *_ = region.stations.ids
    stability = MoveStability(region)
    before = region_picture((0, first, here, there))
    for minutes, reverses in ((10.0, True), (45.0, False)):
        after = fold(before, decided(ACCEPT, minutes, here, there, first))
        assert stability.reverses(after.moves_made()[-1], before) is reverses
    assert START + timedelta(0) == before.moves_made()[0].at


ways = st.lists(
    st.tuples(st.integers(0, 120), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=40
)


@given(ways)
def test_one_walk_counts_as_many_reversals_as_looking_at_every_pair(rows: list[tuple[int, ...]]) -> None:
    region = small_region()
    here = [region.appliances.ids[i] for i in (0, 1, -2, -1)]
    stations = region.stations.ids
    kinds = dict(zip(region.appliances.ids, region.appliances.kind.tolist(), strict=True))
    picture = region_picture(
        *((minute, here[a], stations[frm], stations[to]) for minute, a, frm, to in sorted(rows) if frm != to)
    )
    count: ReversalCount[str] = ReversalCount()
    for one in picture.moves_made():
        kind = region.kinds[kinds[one.appliance]].id
        count.add(MadeMove(one.appliance, one.from_station, one.to_station, one.at.timestamp(), kind))
    counted = MoveStability(region).of(picture)
    assert (counted.moves, counted.reversals) == (count.moves, count.reversals)
