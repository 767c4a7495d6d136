"""Reports of smoke in a brigade's picture: gathered in any order, shown as they fade, forgotten in time."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.feedback.clusters import MOST_CLUSTERS
from services.cluster_view import ClusterView
from services.event_check import EventCheck
from services.picture import Picture, PictureDraft, empty_picture
from services.picture_view import PictureViewer
from streams.council_events import ClusterAction, FeedbackCategory, FeedbackSignal
from streams.errors import DecodeError
from streams.events import AppliancePosition, Event, EventData
from tests.services.live import small_region
from tests.services.signals import NOW, event, smoke, word

REGION = small_region()
VIEWER = PictureViewer(REGION)
EMPTY = empty_picture(REGION.id, VIEWER.homes)
EAST, NORTH = REGION.zones.en[0].tolist()
FIRST = REGION.appliances.ids[0]

signals = st.builds(
    lambda n, east, minute, reporter: smoke(f"S{n}", (EAST + east, NORTH), minute, reporter),
    st.integers(0, 30),
    st.sampled_from([0.0, 100.0, 400.0, 2_000.0]),
    st.integers(0, 25),
    st.sampled_from([None, "a", "b"]),
)


def folded(*events: Event, start: Picture = EMPTY) -> Picture:
    draft = PictureDraft(start)
    for one in events:
        draft.take(one)
    return draft.picture()


def told(data: EventData, minute: float, id: str) -> Event:
    return event(REGION.id, data, minute, id)


def position(minute: float) -> Event:
    """Something else that happens: it moves the picture's time on."""
    return told(AppliancePosition(FIRST, EAST, NORTH), minute, f"tick{minute}")


def views(picture: Picture) -> list[ClusterView]:
    return VIEWER.whole(picture, 0).clusters


def only(picture: Picture) -> ClusterView:
    (view,) = views(picture)
    return view


@given(posts=st.lists(signals, max_size=12, unique_by=lambda s: s.signal), data=st.data())
@settings(max_examples=120, deadline=None)
def test_signals_give_the_same_picture_in_any_order_and_however_often(
    posts: list[FeedbackSignal], data: st.DataObject
) -> None:
    events = [told(post, 30, post.signal) for post in posts]
    shuffled = data.draw(st.permutations(events)) if events else []
    again = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    assert folded(*shuffled, *again).clusters == folded(*events).clusters


@given(posts=st.lists(signals, max_size=12, unique_by=lambda s: s.signal), cut=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_a_picture_kept_and_read_again_goes_on_as_before(posts: list[FeedbackSignal], cut: int) -> None:
    events = [told(post, 30, post.signal) for post in posts]
    kept = msgspec.json.encode(folded(*events[:cut]))
    read = msgspec.json.decode(kept, type=Picture)
    assert folded(*events[cut:], start=read).digest() == folded(*events).digest()


def test_posts_at_one_place_are_one_cluster_that_gains_confidence_from_others() -> None:
    one = folded(told(smoke("S1", (EAST, NORTH), 0, "a"), 0, "1"))
    same = folded(told(smoke("S2", (EAST + 50, NORTH), 0, "a"), 0, "2"), start=one)
    other = folded(told(smoke("S2", (EAST + 50, NORTH), 0, "b"), 0, "2"), start=one)
    assert [only(p).reports for p in (one, same, other)] == [1, 2, 2]
    assert only(one).confidence < only(same).confidence < only(other).confidence < 1
    assert [only(p).reporters for p in (one, same, other)] == [1, 1, 2]
    assert len(views(folded(told(smoke("S3", (EAST + 3_000, NORTH)), 0, "3"), start=one))) == 2


def test_it_fades_by_the_pictures_time_and_is_forgotten() -> None:
    seen = folded(told(smoke("S1", (EAST, NORTH)), 0, "1"))
    faded = [only(folded(position(minute), start=seen)).confidence for minute in (0.1, 20, 40, 80)]
    assert faded == sorted(faded, reverse=True)
    assert faded[1] == pytest.approx(faded[0] / 2, abs=0.01)
    over = folded(position(95), start=seen)
    assert views(over) == [] and over.clusters
    gone = folded(position(24 * 60), start=over)
    assert gone.clusters == {}
    # Too late to be remembered: it leaves nothing behind.
    late = told(smoke("S2", (EAST, NORTH), 24 * 60 - 200), 24 * 60 - 200, "2")
    assert folded(late, start=gone).clusters == {}


def test_a_word_confirms_dismisses_and_is_taken_back() -> None:
    seen = folded(told(smoke("S1", (EAST, NORTH)), 0, "1"))
    name = only(seen).cluster
    confirmed = folded(told(word(name, ClusterAction.CONFIRM), 1, "2"), start=seen)
    view = only(confirmed)
    assert (view.status, view.confidence, view.judged) == ("confirmed", 1, True)
    undone = folded(told(word(name, ClusterAction.UNDO), 2, "3"), start=confirmed)
    assert (only(undone).status, only(undone).judged) == ("unconfirmed", False)
    dismissed = folded(told(word(name, ClusterAction.DISMISS), 3, "4"), start=undone)
    assert (only(dismissed).status, only(dismissed).confidence) == ("dismissed", 0)
    assert only(seen).status == "unconfirmed"


def test_a_dismissed_thing_is_not_raised_again_by_the_next_post() -> None:
    seen = folded(told(smoke("S1", (EAST, NORTH)), 0, "1"))
    dismissed = folded(told(word(only(seen).cluster, ClusterAction.DISMISS), 1, "2"), start=seen)
    more = folded(told(smoke("S2", (EAST + 20, NORTH), 5, "c"), 5, "3"), start=dismissed)
    assert [(v.status, v.reports) for v in views(more)] == [("dismissed", 2)]


def test_a_word_on_what_nobody_knows_changes_nothing() -> None:
    seen = folded(told(smoke("S1", (EAST, NORTH)), 0, "1"))
    assert folded(told(word("C-none", ClusterAction.DISMISS), 0, "2"), start=seen) is seen


def test_consoles_are_told_of_clusters_only_where_these_change() -> None:
    seen = folded(told(smoke("S1", (EAST, NORTH)), 0, "1"))
    moved = folded(position(0.05), start=seen)
    later = folded(position(15), start=moved)
    assert VIEWER.delta(EMPTY, folded(position(0)), 1).clusters is None
    assert VIEWER.delta(EMPTY, seen, 1).clusters == views(seen)
    assert VIEWER.delta(seen, moved, 2).clusters is None
    assert VIEWER.delta(moved, later, 3).clusters == views(later) != views(moved)
    gone = folded(position(24 * 60), start=later)
    assert VIEWER.delta(later, gone, 4).clusters == []


def test_a_flood_of_posts_stays_bounded() -> None:
    draft = PictureDraft(EMPTY)
    for n in range(MOST_CLUSTERS + 50):
        place = (EAST + 1_000.0 * (n % 30), NORTH + 1_000.0 * (n // 30))
        draft.take(told(smoke(f"S{n}", place), 0, f"e{n}"))
    picture = draft.picture()
    assert len(picture.clusters) == MOST_CLUSTERS
    assert len(views(picture)) == 100


def test_a_brigade_hears_of_fire_only_at_a_place_and_time_that_make_sense() -> None:
    check = EventCheck(REGION)
    good = smoke("S1", (EAST, NORTH))
    check.content(told(good, 0, "1"), NOW)
    replace = msgspec.structs.replace
    wrong = {
        "data.category": replace(good, category=FeedbackCategory.FLOODING),
        "data.easting_m": replace(good, easting_m=EAST + 500_000),
        "data.seen_at": replace(good, seen_at=NOW + timedelta(minutes=6)),
    }
    for field, data in wrong.items():
        with pytest.raises(DecodeError) as refused:
            check.content(told(data, 0, "1"), NOW)
        assert refused.value.field == field
    old = replace(good, seen_at=NOW - timedelta(hours=7))
    with pytest.raises(DecodeError, match="6 hours"):
        check.content(told(old, 0, "1"), NOW)
