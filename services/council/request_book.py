"""The requests of a council while events are folded in: merged, closed, served, forgotten.

Kept by `services.council.day_draft.DayDraft`. Reports of the same service at the same place, within the
service's time and while the first is not over, are one request, named after the one that came in first. A
missed collection that did not pass the request desk is judged here by what is on record: too late, or a
reason of the crew. Never looks at rounds.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from services.council.day_ground import DayGround
from services.council.day_picture import Closing, Key, RequestState, RequestStatus, StopState
from services.council.demand.missed_rule import CrewRecord, refusal_on_record
from services.council.demand.service_list import FULL_FILL, SERVICES, SOURCE
from services.council.kept import Kept
from streams.council_events import RequestClosed, RequestOutcome, ServiceCode, ServiceRequested, StopOutcome

REPORTERS_KEPT = 50
REQUESTS_KEPT = 10_000
"""Past it the oldest go, those that are over first; all of them stay in the log."""
MERGED_KEPT = 20_000
EARLY_KEPT = 1_000
"""Ends of requests that have not come in: a late word overtaken by another is rare."""
HELD_FOR = timedelta(days=14)
"""A request nobody has served for so long is no longer about today."""
ENDS = {
    RequestOutcome.DONE: RequestStatus.DONE,
    RequestOutcome.REFUSED: RequestStatus.REFUSED,
    RequestOutcome.WITHDRAWN: RequestStatus.WITHDRAWN,
}
SERVED_BY_ROUND = frozenset({ServiceCode.MISSED_COLLECTION, ServiceCode.OVERFLOWING_BIN})
"""Services that the ordinary collection of the stop answers, where it comes after the report."""
WAITING = (RequestStatus.OPEN, RequestStatus.PLANNED)
Place = tuple[str, ServiceCode]


class RequestBook:
    """Requests by id, and what leads to them."""

    def __init__(
        self,
        ground: DayGround,
        requests: dict[str, RequestState],
        merged: dict[str, str],
        early: dict[str, Closing],
        earlier: Kept[StopState],
    ) -> None:
        self._ground = ground
        self._earlier = earlier
        self.requests = Kept(requests)
        self.merged = Kept(merged)
        self.early = Kept(early)
        self._at_place: dict[Place, set[str]] = {}
        self._at_stop: dict[str, set[str]] = {}
        self._of_visit: dict[str, str] = {}
        for state in requests.values():
            self._index(state)

    def take(self, data: ServiceRequested, key: Key, stops_done: dict[str, StopState]) -> str | None:
        """Fold a report; the request it belongs to, None where it changes nothing."""
        if data.request in self.requests.now or data.request in self.merged.now:
            return None
        if data.fill is not None and data.fill < FULL_FILL:
            return None  # a sensor's reading of a bin that need not be emptied yet
        place = self._ground.place(data.uprn, data.street, data.easting_m, data.northing_m)
        closing = self.early.now.get(data.request)
        state = RequestState(
            request=data.request,
            service=data.service,
            channel=data.channel,
            easting_m=data.easting_m,
            northing_m=data.northing_m,
            at=data.at,
            key=key,
            uprn=place.uprn,
            street=place.street,
            stop=place.stop,
            material=data.material,
            conflict=data.conflict,
            fill=data.fill,
            reporters=() if data.reporter is None else (data.reporter,),
            closing=closing,
        )
        known = self._same(state)
        if known is not None and self._status(state, stops_done)[0] in WAITING:
            return self._merge(known, data)
        self.early.drop([data.request])
        self._put(state, stops_done)
        self._bound()
        return data.request

    def close(self, data: RequestClosed, key: Key, stops_done: dict[str, StopState]) -> str | None:
        """Fold an end; the request it changes, None where there is none."""
        if data.request in self.merged.now:
            return None  # one report of several: what the others asked for still stands
        closing = Closing(key, data.outcome, data.reason)
        state = self.requests.now.get(data.request)
        known = self.early.now.get(data.request) if state is None else state.closing
        if known is not None and known.key >= key:
            return None
        if state is None:
            self.early.put(data.request, closing)
            if len(self.early.now) > EARLY_KEPT:
                self.early.drop([min(self.early.now, key=lambda name: self.early.now[name].key)])
            return data.request
        self._put(replace(state, closing=closing), stops_done)
        return data.request

    def plan(self, request: str, visit: str | None, stops_done: dict[str, StopState]) -> None:
        """Note which stop serves a request; None where none does any more."""
        state = self.requests.now.get(self.merged.now.get(request, request))
        if state is not None and state.visit != visit:
            if state.visit is not None:
                self._of_visit.pop(state.visit, None)
            self._put(replace(state, visit=visit), stops_done)

    def stop_done(self, stop: str, stops_done: dict[str, StopState]) -> list[str]:
        """See which requests the end of a stop answers; those that changed."""
        concerned = self._at_stop.get(stop, set()) | (
            {self._of_visit[stop]} if stop in self._of_visit else set()
        )
        changed = []
        for request in sorted(concerned):
            before = self.requests.now[request]
            self._put(before, stops_done)
            if self.requests.now[request] is not before:
                changed.append(request)
        return changed

    def new_day(self, as_of: datetime) -> None:
        """Forget what is over; what was planned and not served is open again."""
        oldest = as_of - HELD_FOR
        left = {}
        for name, state in self.requests.now.items():
            if state.closing is None and state.status in WAITING and state.at >= oldest:
                left[name] = replace(state, visit=None, status=RequestStatus.OPEN, reason=None)
        self.requests.replace(left)
        self.merged.replace({name: main for name, main in self.merged.now.items() if main in left})
        self.early.replace({})
        self._at_place, self._at_stop, self._of_visit = {}, {}, {}
        for state in left.values():
            self._index(state)

    def _same(self, state: RequestState) -> RequestState | None:
        """The request there is already that this one is about; of several, the one that came in first."""
        within = SERVICES[state.service].merge_within
        there = [
            known
            for name in self._at_place.get(self._place(state), ())
            if (known := self.requests.now[name]).status in WAITING and abs(state.at - known.at) <= within
        ]
        return min(there, key=lambda known: known.key, default=None)

    def _place(self, state: RequestState) -> Place:
        """Where reports of the same service mean the same thing."""
        if SERVICES[state.service].of_street and state.street is not None:
            return f"s{state.street}", state.service
        place = self._ground.place(state.uprn, state.street, state.easting_m, state.northing_m)
        return place.name, state.service

    def _merge(self, known: RequestState, data: ServiceRequested) -> str:
        reporters = known.reporters
        if data.reporter is not None and data.reporter not in reporters and len(reporters) < REPORTERS_KEPT:
            reporters = (*reporters, data.reporter)
        state = replace(
            known,
            reports=known.reports + 1,
            reporters=reporters,
            conflict=known.conflict or data.conflict,
            fill=max((fill for fill in (known.fill, data.fill) if fill is not None), default=None),
        )
        self.requests.put(known.request, state)
        self.merged.put(data.request, known.request)
        if len(self.merged.now) > MERGED_KEPT:
            self.merged.drop([next(iter(self.merged.now))])
        return known.request

    def _put(self, state: RequestState, stops_done: dict[str, StopState]) -> None:
        status, reason = self._status(state, stops_done)
        if (status, reason) != (state.status, state.reason):
            state = replace(state, status=status, reason=reason)
        self.requests.put(state.request, state)
        self._index(state)

    def _index(self, state: RequestState) -> None:
        self._at_place.setdefault(self._place(state), set()).add(state.request)
        if state.stop is not None:
            self._at_stop.setdefault(state.stop, set()).add(state.request)
        if state.visit is not None:
            self._of_visit[state.visit] = state.request

    def _status(
        self, state: RequestState, stops_done: dict[str, StopState]
    ) -> tuple[RequestStatus, str | None]:
        """How far a request is, that of one nobody judged included."""
        status, reason = status_of(state, stops_done)
        judged = state.key[2].startswith(f"{SOURCE} ")
        if status is not RequestStatus.OPEN or judged or state.service is not ServiceCode.MISSED_COLLECTION:
            return status, reason
        words = () if state.stop is None else (stops_done.get(state.stop), self._earlier.now.get(state.stop))
        records = [CrewRecord(word.at, word.outcome, word.uprns) for word in words if word is not None]
        refusal = refusal_on_record(state.key[0], state.at, state.uprn, records, self._ground.timezone)
        return (status, reason) if refusal is None else (RequestStatus.REFUSED, refusal.value)

    def _bound(self) -> None:
        while len(self.requests.now) > REQUESTS_KEPT:
            over = (RequestStatus.DONE, RequestStatus.REFUSED, RequestStatus.WITHDRAWN)
            oldest = min(self.requests.now.values(), key=lambda state: (state.status not in over, state.key))
            self.requests.drop([oldest.request])
            self._at_place.get(self._place(oldest), set()).discard(oldest.request)
            if oldest.stop is not None:
                self._at_stop.get(oldest.stop, set()).discard(oldest.request)
            if oldest.visit is not None:
                self._of_visit.pop(oldest.visit, None)


def status_of(state: RequestState, stops_done: dict[str, StopState]) -> tuple[RequestStatus, str | None]:
    """How far a request is, and why it ended so."""
    if state.closing is not None:
        return ENDS[state.closing.outcome], state.closing.reason
    served = None if state.visit is None else stops_done.get(state.visit)
    if served is not None:
        reason = None if served.outcome is StopOutcome.COLLECTED else served.outcome.value
        return RequestStatus.DONE, reason
    ordinary = None if state.stop is None else stops_done.get(state.stop)
    if (
        state.service in SERVED_BY_ROUND
        and ordinary is not None
        and ordinary.outcome is StopOutcome.COLLECTED
        and ordinary.at > state.at
    ):
        return RequestStatus.DONE, "collected_since"
    return (RequestStatus.OPEN if state.visit is None else RequestStatus.PLANNED), None
