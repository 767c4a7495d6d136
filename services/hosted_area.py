"""One area of any kind as the API sees it: its state, its door, its live stream.

Base of `services.area` (a brigade) and `services.council.council_area`; made by `services.embedded_service`
(with a worker in the same process) or by `services.replica_service` (following workers elsewhere). Never
folds or solves itself.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

from services.area_run import kept_running
from services.cluster_decisions import ClusterDecisions
from services.event_check import AreaCheck
from services.hub import Hub
from services.ingest import Ingest
from services.log_state import LogState
from services.metrics import Metrics
from streams.dead_letters import DeadLetters
from streams.log import EventLog


class AreaKind(StrEnum):
    """What an area is of."""

    BRIGADE = "brigade"
    COUNCIL = "council"


class HostedArea:
    """The parts of an area that every kind has.

    Attributes
    ----------
    id, name
        Of the area: the name is for people.
    failure
        What its worker, or its follower, last died of; None before.
    """

    kind: AreaKind
    state: LogState[Any]

    def __init__(
        self, id: str, name: str, state: LogState[Any], check: AreaCheck, log: EventLog, metrics: Metrics
    ) -> None:
        self.id = id
        self.name = name
        self.state = state
        self.hub = Hub(self.state.snapshot)
        self.ingest = Ingest(self.state, check, log, metrics)
        self.clusters = ClusterDecisions(state, log, metrics)
        self.dead_letters = DeadLetters(log)
        self.failure: Exception | None = None
        self._metrics = metrics

    def listed(self) -> dict[str, object]:
        """What the list of areas says of it."""
        return {"area": self.id, "name": self.name, "kind": self.kind.value}

    @property
    def degraded(self) -> str | None:
        """Why what is shown may be behind, as a word; None where all is well."""
        return self.state.degraded

    async def run(self) -> None:
        """Do the area's work until cancelled."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """Prepare what nobody waits for yet, beside `run`."""

    async def kept_running(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work`, and again after each death, until cancelled or it ends by itself."""
        self._metrics.for_area(self.id)
        await kept_running(self.state, work, self._died)

    def _died(self, error: Exception) -> None:
        self.failure = error
