"""The requests there are, followed picture by picture: the same as read from the newest picture alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.council.day_ground import DayGround
from services.council.day_picture import RequestState, RequestStatus
from services.council.demand.known_requests import Known, KnownRequests, PlaceKey, place_key
from services.council.demand.service_list import SERVICES
from streams.council_events import ReportChannel, ServiceCode
from tests.geo.councils import grid_council

EMPTY = DayGround(grid_council()).empty_day()
AT = datetime(2025, 6, 6, 8, tzinfo=UTC)
MISSED = SERVICES[ServiceCode.MISSED_COLLECTION]
STATUS = (RequestStatus.OPEN, RequestStatus.PLANNED, RequestStatus.DONE, RequestStatus.REFUSED)


def state(name: int, home: int, status: int) -> RequestState:
    reason = "too_early" if STATUS[status] is RequestStatus.REFUSED else None
    at = AT + timedelta(minutes=name)
    return RequestState(
        f"MC-{name}", MISSED.code, ReportChannel.OPEN311, 0.0, 0.0, at, (at, 0, ""), str(home), None, None,
        status=STATUS[status], reason=reason,
    )  # fmt: skip


def key(home: int) -> PlaceKey:
    return place_key(MISSED, str(home), None, (0.0, 0.0))


def told(known: KnownRequests) -> list[Known | None]:
    now = AT + timedelta(hours=1)
    return [
        known.same(MISSED, key(home), now, refused) for home in range(4) for refused in (None, "too_early")
    ]


WORD = st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(-1, 3))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORD, max_size=5), max_size=6), st.sets(st.integers(0, 7)))
def test_followed_by_changes_they_are_what_the_newest_picture_says(
    steps: list[list[tuple[int, int, int]]], on_their_way: set[int]
) -> None:
    followed = KnownRequests()
    homes: dict[int, int] = {}
    requests: dict[str, RequestState] = {}
    followed.see(EMPTY, -1)
    for name in sorted(on_their_way):
        # Named and placed by the desk; the fold may see another home in it.
        at = AT + timedelta(minutes=name)
        followed.add(key(name % 4), Known(f"MC-{name}", at, True, 0.0, 0.0, str(name % 4), None))
    for offset, step in enumerate(steps):
        requests = dict(requests)
        for name, home, status in step:
            if status < 0:
                requests.pop(f"MC-{name}", None)
            else:
                requests[f"MC-{name}"] = state(name, homes.setdefault(name, home), status)
        followed.see(replace(EMPTY, requests=requests), offset)
    followed.appended([f"MC-{name}" for name in on_their_way], len(steps))
    newest = replace(EMPTY, requests=requests)
    followed.see(newest, len(steps))
    anew = KnownRequests()
    anew.see(newest, len(steps))
    assert told(followed) == told(anew)


def test_what_is_on_its_way_is_known_until_the_fold_has_made_it_part_of_another() -> None:
    known = KnownRequests()
    known.see(EMPTY, -1)
    coming = Known("MC-9", AT, True, 0.0, 0.0, "1", None)
    known.add(key(1), coming)
    assert known.same(MISSED, key(1), AT, None) == coming
    merged = replace(EMPTY, requests={"MC-1": state(1, 2, 0)}, merged={"MC-9": "MC-1"})
    known.see(merged, 0)
    assert known.same(MISSED, key(1), AT, None) is None
