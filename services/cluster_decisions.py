"""A person's word on a cluster of reports: can it be said, and if so, append it as an event.

Called by the API's cluster route, for brigades and councils alike. The event is the audit trail; the fold
gives it effect.
"""

import asyncio
import uuid
from datetime import datetime
from typing import Protocol

from optimiser.feedback.clusters import Cluster, ClusterStatus
from services.area_clock import area_now
from services.cluster_book import cluster_now, is_judged
from services.decisions import FOLDED_WITHIN_S, JUST_AFTER, ConflictError, Taken
from services.metrics import Metrics
from streams import codec
from streams.council_events import ClusterAction, ClusterDecided, FeedbackCategory
from streams.errors import AppendUnsureError, LogUnreachableError
from streams.log import EventLog

SOURCE = "/dynamic-cover/cluster-desk"


class UnknownClusterError(Exception):
    """No such cluster."""


class ClusterPicture(Protocol):
    """What a picture of any kind of area knows of clusters."""

    @property
    def as_of(self) -> datetime:
        """Time of the newest event folded, UTC."""
        ...

    @property
    def clusters(self) -> dict[str, Cluster]:
        """By name, each as of its newest report."""
        ...


class ClusterState(Protocol):
    """The live state of an area of any kind."""

    @property
    def area(self) -> str:
        """Its id."""
        ...

    @property
    def picture(self) -> ClusterPicture:
        """The picture its log folds to."""
        ...

    @property
    def last_event_ns(self) -> int | None:
        """When the log took the newest event that is no answer."""
        ...

    async def until_folded(self, offset: int, within_s: float) -> bool:
        """Wait until `offset` is in the picture; False where that takes longer than `within_s`."""
        ...


class ClusterDecisions:
    """What people say of the clusters of one area."""

    def __init__(self, state: ClusterState, log: EventLog, metrics: Metrics) -> None:
        self._state = state
        self._log = log
        self._metrics = metrics
        self._one_at_a_time = asyncio.Lock()

    async def take(
        self, cluster: str, action: ClusterAction, operator: str, category: FeedbackCategory | None = None
    ) -> Taken:
        """Append the word.

        Raises
        ------
        UnknownClusterError
            Where the area has no such cluster.
        ConflictError
            Where it is over, has been judged already, or nothing is there to take back.
        """
        area = self._state.area
        async with self._one_at_a_time:
            if not self._log.reachable:
                raise LogUnreachableError("no answer from its server for some seconds")
            # Judge on a picture that holds every word said before this one, here or elsewhere.
            await self._log.refresh(area)
            if not await self._state.until_folded(self._log.end_offset(area) - 1, FOLDED_WITHIN_S):
                raise ConflictError("the picture is behind its events just now; try again in a moment")
            known = self._known(cluster)
            check_possible(known, action)
            id_ = str(uuid.uuid4())
            data = ClusterDecided(known.cluster, action, operator, category)
            event = codec.encode(data, id=id_, source=SOURCE, area=area, time=self._time_for(known))
            offset = await self._append(event)
            await self._state.until_folded(offset, FOLDED_WITHIN_S)
            self._check_stands(known.cluster, id_)
        self._metrics.decisions.labels(area, action.value).inc()
        return Taken(id_, offset)

    def _known(self, name: str) -> Cluster:
        picture = self._state.picture
        found = cluster_now(picture.clusters, name, picture.as_of)
        if found is None:
            raise UnknownClusterError(
                f"area {self._state.area} knows no cluster {name[:64]!r}: it is over, or part of another"
            )
        return found

    async def _append(self, event: bytes) -> int:
        """Append a word; where the log was unsure, once more: it is known by its id."""
        try:
            return await self._log.append(self._state.area, [event])
        except AppendUnsureError:
            return await self._log.append(self._state.area, [event])

    def _time_for(self, cluster: Cluster) -> datetime:
        """The area's time now, and later than the newest word on this cluster."""
        now = area_now(self._state.picture.as_of, self._state.last_event_ns)
        return now if cluster.word is None else max(now, cluster.word.key[0] + JUST_AFTER)

    def _check_stands(self, name: str, id_: str) -> None:
        """Of two words said at one moment at two replicas the later in time stands.

        Raises
        ------
        ConflictError
            Where it is the other.
        """
        after = self._state.picture.clusters.get(name)
        if after is not None and after.word is not None and not after.word.key[2].endswith(id_):
            raise ConflictError(f"{name} was decided on elsewhere at the same moment; look again")


def check_possible(cluster: Cluster, action: ClusterAction) -> None:
    """Check that `action` makes sense of a cluster as it is now.

    Raises
    ------
    ConflictError
        Telling why not, and what would.
    """
    name = cluster.cluster
    if cluster.status is ClusterStatus.EXPIRED:
        raise ConflictError(f"{name} is over: nobody has spoken of it since {cluster.last_at:%H:%M} UTC")
    said = is_judged(cluster)
    if action is ClusterAction.UNDO:
        if not said:
            raise ConflictError(f"nobody has said anything of {name}: there is nothing to take back")
    elif said:
        raise ConflictError(f"{name} is {cluster.status.value} already; take that back first")
