"""The draft folds batches to the very pictures that folding one by one in the plainest form gives."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.feedback.category import Category
from optimiser.feedback.cluster import Report, Source, cluster_name
from services import incident_book, picture
from services.benchmarks.plain_fold import plain_fold
from services.picture import HORIZON, Picture, PictureDraft, empty_picture, fold
from services.picture_view import PictureViewer
from streams.council_events import ClusterAction, ClusterDecided, FeedbackCategory, FeedbackSignal
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
from tests.services.live import small_region

pytestmark = pytest.mark.slow

START = datetime(2025, 6, 6, 17, tzinfo=UTC)
REGION = small_region()
VIEWER = PictureViewer(REGION)
FIRST, SECOND = REGION.appliances.ids[:2]
EMPTY = empty_picture(REGION.id, VIEWER.homes)

appliances = st.sampled_from([FIRST, SECOND])
incidents = st.sampled_from([f"I{i}" for i in range(6)])
stations = st.sampled_from(REGION.stations.ids[:3])
needs = st.dictionaries(st.just("pump"), st.integers(0, 9))
category = st.just(IncidentCategory.FIRE)
place = st.floats(0, 1000)
signals = st.builds(
    lambda n, east, minute, reporter: FeedbackSignal(
        f"S{n}",
        FeedbackCategory.SMOKE_OR_FIRE,
        east,
        0.0,
        50.0,
        START + timedelta(minutes=minute),
        0.0,
        0.8,
        None,
        reporter,
    ),
    st.integers(0, 5),
    st.sampled_from([0.0, 150.0, 600.0]),
    st.sampled_from([0, 10, 90, 400]),
    st.sampled_from([None, "a" * 16, "b" * 16]),
)
words: st.SearchStrategy[EventData] = st.one_of(
    st.builds(IncidentOpened, incidents, category, place, place, needs),
    st.builds(IncidentUpdated, incidents, st.none() | needs, st.none() | st.just(START)),
    st.builds(IncidentStopped, incidents),
    st.builds(IncidentStopped, incidents),
    st.builds(ApplianceStatusChanged, appliances, st.sampled_from(ApplianceStatus), stations, incidents),
    st.builds(AppliancePosition, appliances, place, place),
    signals,
    st.builds(
        lambda first, action: ClusterDecided(first, action, "tester"),
        st.integers(0, 5).map(lambda n: name_of(f"S{n}")),
        st.sampled_from(ClusterAction),
    ),
    st.builds(
        lambda appliance, to, action: DecisionMade(
            "p1", 0, f"{appliance}>{to}", appliance, REGION.stations.ids[0], to, action, "tester"
        ),
        appliances,
        stations,
        st.sampled_from(DecisionAction),
    ),
)


def name_of(signal: str) -> str:
    """What a cluster is called whose first report this is."""
    at = Report(signal, Category.SMOKE_OR_FIRE, 0, 0, 50, START, 0.8, Source.SIGNAL)
    return cluster_name(at)


def event(data: EventData, minute: float, id: str, sequence: int = 0) -> Event:
    at = START + timedelta(minutes=minute)
    return Event(id, "/test", TYPE_OF[type(data)], at, REGION.id, data, sequence)


# Twice the horizon and more, in any order; one in ten is an event that came before; cut where `cut` says so.
rows = st.lists(
    st.tuples(words, st.integers(0, 1_600), st.integers(0, 1), st.integers(0, 9), st.booleans()), max_size=60
)


def history(made: list[tuple[EventData, int, int, int, bool]], in_order: bool) -> list[tuple[Event, bool]]:
    if in_order:
        made = sorted(made, key=lambda row: row[1])
    events: list[tuple[Event, bool]] = []
    for i, (data, minute, sequence, again, cut) in enumerate(made):
        old = events[len(events) // 2][0] if again == 0 and events else None
        events.append((old or event(data, minute, f"e{i}", sequence), cut))
    return events


def same(one: Picture, other: Picture) -> bool:
    """Equal, and each dict in the same order."""
    return one == other and msgspec.json.encode(one) == msgspec.json.encode(other)


@pytest.mark.parametrize("slack", [0, incident_book.SLACK])
@given(made=rows, in_order=st.booleans())
@settings(max_examples=250, deadline=None)
def test_batches_give_what_folding_one_by_one_gives(
    slack: int, made: list[tuple[EventData, int, int, int, bool]], in_order: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incident_book, "SLACK", slack)
        draft, plain = PictureDraft(EMPTY), EMPTY
        given_out = [(EMPTY, EMPTY.digest())]
        for one, cut in history(made, in_order):
            orders, plain_before = draft.orders, plain
            plain = plain_fold(plain, one)
            assert draft.take(one) is (plain is not plain_before)
            assert draft.as_of == plain.as_of
            assert (draft.orders is orders) is (plain.orders is plain_before.orders)
            assert same(fold(plain_before, one), plain)
            if cut:
                assert same(draft.picture(), plain)
                given_out.append((draft.picture(), plain.digest()))
        assert same(draft.picture(), plain)
        assert all(picture.digest() == digest for picture, digest in given_out)


@given(made=rows, in_order=st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_draft_begun_from_a_kept_picture_goes_on_as_before(
    made: list[tuple[EventData, int, int, int, bool]], in_order: bool
) -> None:
    draft, plain = PictureDraft(EMPTY), EMPTY
    for one, cut in history(made, in_order):
        if cut:
            kept = msgspec.json.encode(draft.picture())
            draft = PictureDraft(msgspec.json.decode(kept, type=Picture))
        draft.take(one)
        plain = plain_fold(plain, one)
    assert same(draft.picture(), plain)


@given(made=rows, in_order=st.booleans())
@settings(max_examples=150, deadline=None)
def test_consoles_are_told_the_same_whether_all_is_compared_or_what_was_touched(
    made: list[tuple[EventData, int, int, int, bool]], in_order: bool
) -> None:
    draft, viewer = PictureDraft(EMPTY), PictureViewer(REGION)
    pictures = [EMPTY]
    for one, cut in history(made, in_order):
        draft.take(one)
        if cut:
            pictures.append(draft.picture())
            before, after = pictures[-2:]
            told = viewer.delta(before, after, 1, draft.touched_since(before))
            assert told == PictureViewer(REGION).delta(before, after, 1)
            assert told.counts == VIEWER.whole(after, 1).counts
    shown = {one.id: one for one in VIEWER.whole(EMPTY, 0).incidents}
    for before, after in pairwise(pictures):  # a console that takes every delta shows the whole picture
        told = VIEWER.delta(before, after, 1)
        shown |= {one.id: one for one in told.incidents}
        for id_ in told.removed_incidents:
            del shown[id_]
    assert shown == {one.id: one for one in VIEWER.whole(pictures[-1], 1).incidents}


def test_what_is_unchanged_keeps_its_identity() -> None:
    draft = PictureDraft(EMPTY)
    assert draft.picture() is EMPTY
    draft.take(event(IncidentOpened("I1", IncidentCategory.FIRE, 1, 1, {}), 0, "e1"))
    first = draft.picture()
    assert first.appliances is EMPTY.appliances and draft.picture() is first
    draft.take(event(AppliancePosition(FIRST, 1, 1), 1, "e2"))
    second = draft.picture()
    assert second.incidents is first.incidents and second.orders is first.orders
    assert second.appliances[SECOND] is first.appliances[SECOND]
    assert not draft.take(event(AppliancePosition(FIRST, 1, 1), 1, "e2"))
    assert draft.picture() is second


def test_an_event_of_an_unknown_appliance_changes_nothing() -> None:
    draft = PictureDraft(EMPTY)
    accept = DecisionMade("p1", 0, "m", "nobody", "a", "b", DecisionAction.ACCEPT, "tester")
    for data in (AppliancePosition("nobody", 1, 1), accept):
        with pytest.raises(KeyError):
            draft.take(event(data, 1, "e1"))
    assert draft.picture() is EMPTY


def test_what_was_touched_is_known_for_the_last_pictures_given_out() -> None:
    draft = PictureDraft(EMPTY)
    given_out = [draft.picture()]
    for i in range(picture.TRAIL_KEPT):
        draft.take(event(IncidentStopped(f"I{i}"), i, f"e{i}"))
        assert draft.touched_since(given_out[-1]) == frozenset({f"I{i}"})
        given_out.append(draft.picture())
    assert draft.touched_since(given_out[-1]) == frozenset()
    assert draft.touched_since(given_out[-3]) == frozenset({f"I{picture.TRAIL_KEPT - i}" for i in (1, 2)})
    assert draft.touched_since(given_out[0]) is None
    draft.take(event(AppliancePosition(FIRST, 1, 1), 6 * 60 + 4.5, "late"))
    assert draft.touched_since(given_out[-1]) == frozenset(
        {f"I{i}" for i in range(5)}
    )  # forgotten, in one go


def test_a_draft_that_is_never_frozen_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "TOUCHED_KEPT", 10)
    draft = PictureDraft(EMPTY)
    for i in range(40):
        draft.take(event(IncidentStopped(f"I{i}"), i, f"e{i}"))
    assert draft.touched_since(EMPTY) is None
    before = draft.picture()
    draft.take(event(IncidentStopped("I99"), 99, "e99"))
    assert draft.touched_since(before) == frozenset({"I99"})


def test_words_of_one_incident_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incident_book, "SLACK", 5)
    draft, plain = PictureDraft(EMPTY), EMPTY
    for i in range(200):
        one = event(IncidentUpdated("I1", {"pump": i % 9}), i / 10, f"e{i}")
        draft.take(one)
        plain = plain_fold(plain, one)
    index = draft._book._due
    assert index is not None and len(index) <= 2 + 5
    one = event(IncidentUpdated("I2", {}), 20 + HORIZON / timedelta(minutes=1), "last")
    draft.take(one)
    assert draft.picture() == plain_fold(plain, one)
    assert list(draft.picture().incidents) == ["I2"]


def kept_history() -> list[Event]:
    """One of everything that leaves something in a picture."""

    def decided(action: DecisionAction, move: str) -> DecisionMade:
        return DecisionMade("p1", 0, move, "A211", "A21", "A23", action, "tester")

    opened = IncidentOpened("I1", IncidentCategory.FIRE, 1.5, 2.5, {"pump": 2}, START)
    return [
        event(opened, 0, "e1"),
        event(IncidentUpdated("I1", {"pump": 4, "aerial": 1}), 1, "e2", 3),
        event(
            ApplianceStatusChanged("A212", ApplianceStatus.MOBILISED, None, "I1", START, 3.5, 4.5), 2, "e3"
        ),
        event(AppliancePosition("A221", 5.5, 6.5), 3, "e4"),
        event(decided(DecisionAction.ACCEPT, "m1"), 4, "e5"),
        event(decided(DecisionAction.REJECT, "m2"), 5, "e6"),
        event(IncidentStopped("I2"), 6, "e7"),
    ]


def test_pictures_kept_by_earlier_versions_are_still_read_and_reached() -> None:
    draft = PictureDraft(empty_picture("demo", {"A211": "A21", "A212": "A21", "A221": "A22"}))
    for one in kept_history():
        draft.take(Event(one.id, one.source, one.type, one.time, "demo", one.data, one.sequence))
    # As the first version of the fold gave it; checkpoints in users' data folders are of this shape. It knew
    # of no clusters of reports.
    kept = msgspec.json.encode(draft.picture(), order="deterministic").replace(b',"clusters":{}', b"")
    assert sha256(kept).hexdigest() == "1bd6f35ac9a1bf4d7f8d1fefa76bcd0376940bf9e18dcdc5391b2106c125152b"
    assert msgspec.json.decode(kept, type=Picture) == draft.picture()
