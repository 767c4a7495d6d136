"""What makes a council's day differ from its plan, and what became of it, while events are folded in.

Kept by `services.council.day_draft.DayDraft`, which says when something has happened to a request, a vehicle,
a closure or the clusters. There is at most one change for each cause. Never changes a round.
"""

from datetime import datetime

from msgspec.structs import replace

from optimiser.feedback import clusters as gathering
from optimiser.feedback.category import Category
from optimiser.feedback.clusters import Cluster, ClusterStatus, Source
from services.council.day_picture import (
    NEEDS_VISIT,
    Change,
    ChangeStatus,
    ClosureState,
    RequestState,
    RequestStatus,
    VehicleState,
    cause_key,
    request_cause,
)
from services.council.kept import Kept
from streams.council_events import VehicleStatus
from streams.rounds_plan import Cause, CauseKind

CHANGES_KEPT = 2_000
"""Answered ones go first, the oldest before others."""
ASKING = frozenset({Category.MISSED_COLLECTION, Category.OVERFLOWING_BIN})
"""Clusters of these ask for somebody to be sent; others are shown."""
ASKS_FROM = 0.6
"""Confidence from which a cluster asks: about two independent posts and a request. The authors' judgement."""
PLANNED_OR_DONE = (RequestStatus.PLANNED, RequestStatus.DONE)


class ChangeBook:
    """Changes by cause.

    Attributes
    ----------
    asked
        Counts up whenever something happens that answers may depend on.
    """

    def __init__(self, changes: dict[str, Change]) -> None:
        self.changes = Kept(changes)
        self.asked = 0

    def new_day(self) -> None:
        """Forget all: whoever still asks is seen again."""
        self.changes.replace({})

    def answered(self, cause: Cause, status: ChangeStatus, decision: str | None) -> None:
        """Note what a decision, or its undoing, made of a cause."""
        known = self.changes.now.get(cause_key(cause))
        if known is not None:
            self._put(replace(known, status=status, decision=decision))

    def see_request(self, state: RequestState) -> None:
        """Bring the change that a request is up to what the request has become."""
        if state.service not in NEEDS_VISIT:
            return
        change = self.changes.now.get(cause_key(request_cause(state.request)))
        status = _status_for(state, change)
        refused = state.status is RequestStatus.REFUSED  # asks for nothing, and is shown with its reason
        if change is None and (status is ChangeStatus.OPEN or refused):
            self._put(Change(request_cause(state.request), state.key[0], status))
        elif change is not None and status is not change.status:
            self._put(replace(change, status=status))

    def see_vehicle(self, state: VehicleState, stops_left: bool) -> None:
        """The same for a vehicle that is out of service, as long as its round has stops left."""
        cause = Cause(CauseKind.BREAKDOWN, state.id)
        change = self.changes.now.get(cause_key(cause))
        if state.status is VehicleStatus.IN_SERVICE or state.status_key is None or not stops_left:
            self._over(change)
            return
        since = state.status_key[0]
        if change is None or change.status is ChangeStatus.EXPIRED or change.at != since:
            self._put(Change(cause, since))

    def see_late(self, cause: Cause, at: datetime) -> bool:
        """A round will be late; whether that is news. Nothing new is asked by it: it was answered with it."""
        change = self.changes.now.get(cause_key(cause))
        if change is not None and change.status is ChangeStatus.OPEN:
            return False
        asked = self.asked
        self._put(Change(cause, at))
        self.asked = asked
        return True

    def expire_late(self) -> None:
        """The rounds are others: who is late now is told anew."""
        for change in list(self.changes.now.values()):
            if change.cause.kind is CauseKind.LATE:
                self._over(change)

    def see_closure(self, closure: ClosureState) -> None:
        """The same for a closure."""
        cause = Cause(CauseKind.CLOSURE, closure.closure)
        change = self.changes.now.get(cause_key(cause))
        if closure.open:
            self._over(change)
        elif change is None or change.at != closure.key[0]:
            self._put(Change(cause, closure.key[0]))

    def see_clusters(
        self, clusters: dict[str, Cluster], as_of: datetime, only: set[str] | None = None
    ) -> None:
        """The same for all clusters, as they are by now; or only for those (some of which may be gone)."""
        looked_at = clusters
        if only is not None:
            held_down = ClusterStatus.DISMISSED
            looked_at = {n: c for n, c in clusters.items() if n in only or c.status is held_down}
        now = gathering.as_of(looked_at, as_of)
        asking = {name for name, cluster in now.items() if _asks(cluster)}
        for name in sorted(asking):
            cause = Cause(CauseKind.CLUSTER, name)
            change = self.changes.now.get(cause_key(cause))
            if change is None or change.status is ChangeStatus.EXPIRED:
                self._put(Change(cause, now[name].last_at))
        for change in list(self.changes.now.values()):
            name = change.cause.id
            looked_at_now = change.cause.kind is CauseKind.CLUSTER and (only is None or name in only)
            if looked_at_now and name not in asking:
                self._over(change)

    def _over(self, change: Change | None) -> None:
        if change is not None and change.status is ChangeStatus.OPEN:
            self._put(replace(change, status=ChangeStatus.EXPIRED))

    def _put(self, change: Change) -> None:
        if not self.changes.put(cause_key(change.cause), change):
            return
        self.asked += 1
        if len(self.changes.now) > CHANGES_KEPT:
            oldest = min(
                self.changes.now.items(), key=lambda item: (item[1].status is ChangeStatus.OPEN, item[1].at)
            )
            self.changes.drop([oldest[0]])


def _status_for(state: RequestState, change: Change | None) -> ChangeStatus:
    """What becomes of the change that a request is."""
    if state.status is RequestStatus.OPEN:
        dismissed = change is not None and change.status is ChangeStatus.DISMISSED
        return ChangeStatus.DISMISSED if dismissed else ChangeStatus.OPEN
    if state.visit is not None and state.status in PLANNED_OR_DONE:
        return ChangeStatus.APPROVED
    if change is not None and change.status is not ChangeStatus.OPEN:
        return change.status
    return ChangeStatus.EXPIRED


def _asks(cluster: Cluster) -> bool:
    """Whether a cluster asks for somebody to be sent: sure enough, and not of requests alone."""
    if cluster.category not in ASKING or cluster.confidence < ASKS_FROM:
        return False
    if cluster.status not in (ClusterStatus.UNCONFIRMED, ClusterStatus.CONFIRMED):
        return False
    return any(report.source is Source.SIGNAL for report in cluster.heard)
