"""Which requests there are already, so that reports of the same thing are merged.

Used by the request desk; knows those of the picture and those on their way into it. Names new requests so
that any replica gives the same thing the same name. Bounded.
"""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from services.council.day_picture import DayPicture, RequestState, RequestStatus
from services.council.demand.service_list import SERVICES, ServiceEntry
from streams.council_events import ServiceCode

CELL_M = 100.0
"""Places that have neither property nor street are the same within a square of this."""
ON_THEIR_WAY = 65_536
"""Requests remembered until the fold has them; it is milliseconds behind."""
REPORTERS_COUNTED = 65_536
REPORTS_EACH = 5
"""So many reports of one reporter (or of those who name nobody) about one request are counted."""
REPORTS_COUNTED = 200
"""So many of all reporters; more tell nothing new."""
WAITING = frozenset({RequestStatus.OPEN, RequestStatus.PLANNED})
NAME_BYTES = 5
PlaceKey = tuple[ServiceCode, str]


class Known(NamedTuple):
    """A request there is.

    Attributes
    ----------
    easting_m, northing_m, uprn, street
        Its place: where reports merged into it are put, so that the fold merges them too.
    refused
        The reason it was refused for; None where it was not.
    """

    request: str
    at: datetime
    waiting: bool
    easting_m: float
    northing_m: float
    uprn: str | None
    street: str | None
    refused: str | None = None


class _Coming(NamedTuple):
    key: PlaceKey
    known: Known
    offset: int | None = None


def place_key(
    service: ServiceEntry, uprn: str | None, street: str | None, en: tuple[float, float]
) -> PlaceKey:
    """What reports of the same thing have in common."""
    if service.of_street and street is not None:
        return service.code, street
    if uprn is not None:
        return service.code, f"u{uprn}"
    if street is not None:
        return service.code, street
    return service.code, f"{en[0] // CELL_M:.0f} {en[1] // CELL_M:.0f}"


def _key_of(state: RequestState) -> PlaceKey:
    place = state.easting_m, state.northing_m
    return place_key(SERVICES[state.service], state.uprn, state.street, place)


class KnownRequests:
    """The requests of one council, by what they are about."""

    def __init__(self) -> None:
        self._folded: dict[str, RequestState] = {}
        self._by_key: dict[PlaceKey, dict[str, Known]] = {}
        self._coming: OrderedDict[str, _Coming] = OrderedDict()
        self._counts: OrderedDict[tuple[str, str | None], int] = OrderedDict()

    def see(self, picture: DayPicture, offset: int) -> None:
        """Take up the picture as it is now, with all records up to `offset`; only what changed is read."""
        arrived = {
            name for name, one in self._coming.items() if one.offset is not None and one.offset <= offset
        }
        before, now = self._folded, picture.requests
        if now is before and not arrived:
            return
        self._folded = now
        for name in [name for name in before if name not in now]:
            self._drop(_key_of(before[name]), name)
        for name in [
            name for name in self._coming if picture.request_named(name) is not None or name in arrived
        ]:
            # From here on it is known by what the fold made of it, which may be a part of another.
            self._drop(self._coming[name].key, name)
            if name in now:
                self._put(now[name])
        for name, state in now.items():
            if before.get(name) is not state:
                self._put(state)
        for name in arrived:
            del self._coming[name]

    def _put(self, state: RequestState) -> None:
        known = Known(
            state.request,
            state.at,
            state.status in WAITING,
            state.easting_m,
            state.northing_m,
            state.uprn,
            state.street,
            state.reason if state.status is RequestStatus.REFUSED else None,
        )
        self._by_key.setdefault(_key_of(state), {})[state.request] = known

    def _drop(self, key: PlaceKey, request: str) -> None:
        there = self._by_key.get(key)
        if there is not None:
            there.pop(request, None)
            if not there:
                del self._by_key[key]

    def same(self, service: ServiceEntry, key: PlaceKey, at: datetime, refused: str | None) -> Known | None:
        """The request a report belongs to: one that waits, or one refused for the same reason; the oldest."""
        alike = (
            known
            for known in self._by_key.get(key, {}).values()
            if (known.waiting or (refused is not None and known.refused == refused))
            and abs(at - known.at) <= service.merge_within
        )
        return min(alike, key=lambda known: (known.at, known.request), default=None)

    def add(self, key: PlaceKey, known: Known) -> None:
        """Remember a request that is about to be appended."""
        self._coming[known.request] = _Coming(key, known)
        self._by_key.setdefault(key, {})[known.request] = known
        while len(self._coming) > ON_THEIR_WAY:
            name, oldest = self._coming.popitem(last=False)
            self._drop(oldest.key, name)

    def appended(self, requests: Iterable[str], offset: int) -> None:
        """Note that requests are in the log, up to `offset`."""
        for request in requests:
            if request in self._coming:
                self._coming[request] = self._coming[request]._replace(offset=offset)

    def forget(self, requests: Iterable[str]) -> None:
        """Forget requests that did not come about."""
        for request in requests:
            coming = self._coming.pop(request, None)
            if coming is not None:
                self._drop(coming.key, request)

    def name(self, service: ServiceEntry, key: PlaceKey, day: date) -> str:
        """A name no request has yet; the same in every process that knows the same requests."""
        digest = hashlib.blake2b(f"{key[0].value} {key[1]}".encode(), digest_size=NAME_BYTES).digest()
        base = f"{service.prefix}-{day:%y%m%d}-{base64.b32encode(digest).decode()}"
        name, number = base, 1
        while name in self._folded or name in self._coming:
            number += 1
            name = f"{base}-{number}"
        return name

    def counts(self, request: str, reporter: str | None, note: bool = True) -> bool:
        """Whether one more report of this reporter is to be counted; where it is, that is noted."""
        state = self._folded.get(request)
        total = max(self._counts.get((request, ""), 0), 0 if state is None else state.reports)
        each = self._counts.get((request, reporter), 0)
        if each >= REPORTS_EACH or total >= REPORTS_COUNTED:
            return False
        if note:
            for who, count in (("", total), (reporter, each)):
                self._counts[request, who] = count + 1
                self._counts.move_to_end((request, who))
            while len(self._counts) > REPORTERS_COUNTED:
                self._counts.popitem(last=False)
        return True
