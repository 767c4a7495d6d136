"""The fold of a council's day: takes events one after another, and is frozen when somebody is to read it.

Kept by `services.council.day_fold` between batches; also for tests and replays. Pure: no I/O, no clock.
Idempotent by event id; what is known of one thing is the newest word of it by (time, sequence, id), whatever
the order of arrival. Decisions count in the order of the log, since each was judged after the one before.
"""

from datetime import date, datetime, timedelta

from msgspec.structs import replace

from optimiser.feedback import clusters as gathering
from optimiser.feedback.category import BY_SERVICE_CODE, Category
from optimiser.feedback.clusters import Cluster, Report, Source, WordAction
from services.council.change_book import ChangeBook
from services.council.day_ground import DayGround
from services.council.day_picture import (
    EPOCH,
    ChangeStatus,
    ClosureState,
    DayPicture,
    Key,
    RequestStatus,
)
from services.council.decision_book import DecisionBook
from services.council.kept import Kept
from services.council.request_book import RequestBook
from services.council.round_book import RoundBook
from services.council.visits import stop_of
from streams.council_events import (
    ClusterDecided,
    FeedbackSignal,
    RequestClosed,
    RoadClosed,
    RoadOpened,
    ServiceRequested,
    StopDone,
    VehiclePosition,
    VehicleStatusChanged,
)
from streams.events import Event
from streams.rounds_plan import AddedStop, Cause, CauseKind, RoundsAction, RoundsDecided, RoundsProposal

CLOSURES_KEPT = 2_000
REQUEST_UNCERTAINTY_M = 15.0
"""A request names a property; a post names a street at best."""
SWEPT_EVERY = timedelta(minutes=1)
"""How often, in the day's own time, what fades by itself is looked through."""


class DayDraft:
    """A day that takes events."""

    def __init__(self, ground: DayGround, picture: DayPicture) -> None:
        self._ground = ground
        self._frozen = picture
        self._changed = False
        self._as_of = picture.as_of
        self._date = picture.date
        self._ends = None if picture.date is None else ground.ends(picture.date)
        self._rounds = RoundBook(picture.rounds, picture.vehicles, picture.stops_done)
        self._earlier = Kept(picture.earlier)
        self._requests = RequestBook(ground, picture.requests, picture.merged, picture.early, self._earlier)
        self._desk = DecisionBook(
            self._rounds,
            self._requests,
            picture.added,
            picture.locks,
            picture.skipped,
            picture.decisions,
            picture.version,
        )
        self._closures = Kept(picture.closures)
        self._clusters = picture.clusters
        self._changes = ChangeBook(picture.changes)

    @property
    def as_of(self) -> datetime:
        """Time of the newest event taken."""
        return self._as_of

    @property
    def added(self) -> dict[str, AddedStop]:
        """Stops the day has gained by now; to be read only."""
        return self._desk.added.now

    @property
    def asked(self) -> int:
        """Counts up whenever something happens that answers may depend on: a cause, a closure, the rounds."""
        return self._changes.asked

    def picture(self) -> DayPicture:
        """The day now: the same object until something changes, and what is unchanged in it too."""
        if self._changed:
            self._frozen = DayPicture(
                area=self._frozen.area,
                as_of=self._as_of,
                rounds=self._rounds.rounds.give(),
                vehicles=self._rounds.vehicles.give(),
                date=self._date,
                version=self._desk.version,
                stops_done=self._rounds.stops_done.give(),
                earlier=self._earlier.give(),
                added=self._desk.added.give(),
                locks=self._desk.locks.give(),
                skipped=self._desk.skipped.give(),
                requests=self._requests.requests.give(),
                merged=self._requests.merged.give(),
                early=self._requests.early.give(),
                closures=self._closures.give(),
                clusters=self._clusters,
                decisions=self._desk.decisions,
                changes=self._changes.changes.give(),
            )
            self._changed = False
        return self._frozen

    def take(self, event: Event) -> bool:
        """Fold `event` in, which has passed `services.council.day_check`; whether it changed anything."""
        if isinstance(event.data, RoundsProposal):
            changed = self._proposed(event.data)
            self._changed |= changed
            return changed
        key: Key = (event.time, event.sequence, f"{event.source} {event.id}")
        changed = self._advance(event.time)
        changed |= self._take(event, key)
        self._changed |= changed
        return changed

    def _take(self, event: Event, key: Key) -> bool:
        data = event.data
        match data:
            case VehiclePosition():
                return self._rounds.position(data, key)
            case StopDone():
                return self._stop_done(data, key)
            case VehicleStatusChanged():
                return self._vehicle_status(data, key)
            case ServiceRequested():
                return self._request(data, key)
            case RequestClosed():
                return self._see_request(self._requests.close(data, key, self._rounds.stops_done.now))
            case RoadClosed() | RoadOpened():
                return self._closure(data, key)
            case FeedbackSignal():
                return self._signal(data)
            case ClusterDecided():
                action = WordAction(data.action.value)
                category = None if data.category is None else Category(data.category.value)
                said = gathering.with_word(self._clusters, data.cluster, action, key, category)
                return self._gathered(said, word=True)
            case RoundsDecided():
                return self._decide(data, event.id, key)
            case _:
                return False

    def _advance(self, time: datetime) -> bool:
        """Let the day's time go on to `time`, where that is later."""
        before = self._as_of
        if time <= before:
            return False
        self._as_of = time
        if self._date is None or self._ends is None:
            self._begin(self._ground.day_of(time))
        elif time >= self._ends:
            self._new_day(self._ground.day_of(time))
        # By full minutes: a fold that began anew in between sweeps at the same events as one that did not.
        if (time - EPOCH) // SWEPT_EVERY != (before - EPOCH) // SWEPT_EVERY:
            self._sweep()
        return True

    def _begin(self, day: date) -> None:
        self._date, self._ends = day, self._ground.ends(day)

    def _new_day(self, day: date) -> None:
        """The morning's plan again; requests nobody served and closures stay."""
        self._begin(day)
        for stop, state in self._rounds.stops_done.now.items():
            self._earlier.put(stop, state)
        self._desk.new_day()
        self._rounds.new_day(self._ground.morning, self._desk.version)
        self._requests.new_day(self._as_of)
        self._changes.new_day()
        for request in self._requests.requests.now:
            self._see_request(request)
        for closure in self._closures.now.values():
            self._changes.see_closure(closure)
        for vehicle in self._rounds.vehicles.now:
            self._see_vehicle(vehicle)
        self._changes.see_clusters(self._clusters, self._as_of)
        self._changes.asked += 1

    def _sweep(self) -> None:
        """Let end what ends by itself: closures with a time, clusters nobody speaks of any more."""
        for closure in list(self._closures.now.values()):
            if not closure.open and closure.until is not None and closure.until <= self._as_of:
                self._put_closure(replace(closure, open=True))
        self._clusters = gathering.forget(self._clusters, self._as_of)
        self._changes.see_clusters(self._clusters, self._as_of)

    def _stop_done(self, data: StopDone, key: Key) -> bool:
        stop = stop_of(data.visit)
        if self._date is not None and key[0] < self._ground.begins(self._date):
            return stop is not None and self._done_before(stop, data, key)
        if not self._rounds.done(data, key):
            return False
        if stop is not None:
            self._see_requests_of(stop)
        self._see_vehicle(data.vehicle)
        return True

    def _see_requests_of(self, stop: str) -> None:
        for request in self._requests.stop_done(stop, self._rounds.stops_done.now):
            self._see_request(request)

    def _done_before(self, stop: str, data: StopDone, key: Key) -> bool:
        """A word of the day before that comes after midnight."""
        before = RoundBook({data.vehicle: ()}, {data.vehicle: self._rounds.vehicles.now[data.vehicle]}, {})
        known = self._earlier.now.get(stop)
        if known is not None and known.key >= key:
            return False
        before.done(data, key)
        changed = self._earlier.put(stop, before.stops_done.now[stop])
        self._see_requests_of(stop)
        return changed

    def _vehicle_status(self, data: VehicleStatusChanged, key: Key) -> bool:
        place = None
        if data.easting_m is not None and data.northing_m is not None:
            place = data.easting_m, data.northing_m
        changed = self._rounds.status(data.vehicle, data.status, key, place)
        self._see_vehicle(data.vehicle)
        return changed

    def _request(self, data: ServiceRequested, key: Key) -> bool:
        request = self._requests.take(data, key, self._rounds.stops_done.now)
        if not self._see_request(request):
            return False
        category = BY_SERVICE_CODE.get(data.service.value)
        state = self._requests.requests.now.get(data.request)
        refused = state is not None and state.status is RequestStatus.REFUSED
        if category is not None and not refused:
            self._report(
                Report(
                    data.request,
                    Category(category),
                    data.easting_m,
                    data.northing_m,
                    REQUEST_UNCERTAINTY_M,
                    data.at,
                    1.0,
                    Source.REQUEST,
                    data.reporter,
                )
            )
        return True

    def _signal(self, data: FeedbackSignal) -> bool:
        return self._report(
            Report(
                data.signal,
                Category(data.category.value),
                data.easting_m,
                data.northing_m,
                data.uncertainty_m,
                data.seen_at,
                data.confidence,
                Source.SIGNAL,
                data.reporter,
            )
        )

    def _report(self, report: Report) -> bool:
        return self._gathered(gathering.with_report(self._clusters, report))

    def _gathered(self, clusters: dict[str, Cluster], word: bool = False) -> bool:
        """Go on with other clusters; a person's word on one may hold others down."""
        before = self._clusters
        if clusters is before:
            return False
        changed = {name for name, cluster in clusters.items() if before.get(name) is not cluster}
        changed |= before.keys() - clusters.keys()
        self._clusters = clusters
        self._changes.see_clusters(clusters, self._as_of, None if word else changed)
        return True

    def _closure(self, data: RoadClosed | RoadOpened, key: Key) -> bool:
        known = self._closures.now.get(data.closure)
        if known is not None and known.key >= key:
            return False
        if isinstance(data, RoadOpened):
            return self._put_closure(ClosureState(data.closure, key, open=True))
        over = data.until is not None and data.until <= self._as_of
        streets = tuple(sorted(set(data.streets)))
        return self._put_closure(ClosureState(data.closure, key, streets, data.until, over))

    def _put_closure(self, state: ClosureState) -> bool:
        if not self._closures.put(state.closure, state):
            return False
        if len(self._closures.now) > CLOSURES_KEPT:
            self._closures.drop([min(self._closures.now.values(), key=lambda c: (not c.open, c.key)).closure])
        self._changes.see_closure(state)
        self._changes.asked += 1
        return True

    def _decide(self, data: RoundsDecided, decision_id: str, key: Key) -> bool:
        undone = next((d for d in self._desk.decisions if d.decision_id == data.undoes), None)
        decision = self._desk.take(data, decision_id, key, self._changes.changes.now)
        if decision is None:
            return False
        if decision.void is not None:
            return True
        self._changes.asked += 1
        if data.action is RoundsAction.UNDO:
            if undone is not None and undone.cause is not None:
                self._changes.answered(undone.cause, ChangeStatus.OPEN, None)
        elif data.cause is not None:
            dismissed = data.action is RoundsAction.DISMISS
            status = ChangeStatus.DISMISSED if dismissed else ChangeStatus.APPROVED
            self._changes.answered(data.cause, status, decision_id)
        stops = {*decision.stops, *(undone.stops if undone is not None else ()), *data.skipped, *data.back}
        for request in [r.request for r in self._requests.requests.now.values() if r.visit in stops]:
            self._see_request(request)
        for cause in (data.cause, None if undone is None else undone.cause):
            if cause is not None:
                self._see_cause(cause)
        for vehicle in sorted({*decision.vehicles, *data.off, *data.on}):
            self._see_vehicle(vehicle)
        if decision.version:
            self._changes.expire_late()
        return True

    def _proposed(self, data: RoundsProposal) -> bool:
        """A late round is told of by the worker, which alone knows when it will be back."""
        late = data.cause.kind is CauseKind.LATE and data.day_version == self._desk.version
        if not late or data.cause.id not in self._rounds.vehicles.now:
            return False
        return self._changes.see_late(data.cause, data.picture_time)

    def _see_cause(self, cause: Cause) -> None:
        """Bring a change up to what it is about: it may be over by the time it is asked about again."""
        if cause.kind is CauseKind.REQUEST:
            self._see_request(cause.id)
        elif cause.kind is CauseKind.BREAKDOWN and cause.id in self._rounds.vehicles.now:
            self._see_vehicle(cause.id)
        elif cause.kind is CauseKind.CLOSURE and cause.id in self._closures.now:
            self._changes.see_closure(self._closures.now[cause.id])
        elif cause.kind is CauseKind.CLUSTER:
            self._changes.see_clusters(self._clusters, self._as_of, {cause.id})

    def _see_request(self, request: str | None) -> bool:
        state = None if request is None else self._requests.requests.now.get(request)
        if state is not None:
            self._changes.see_request(state)
        return request is not None

    def _see_vehicle(self, vehicle: str) -> None:
        stops_left = any(stop_of(visit) is not None for visit in self._rounds.planned(vehicle))
        self._changes.see_vehicle(self._rounds.vehicles.now[vehicle], stops_left)
