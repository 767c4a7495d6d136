"""One council as the API sees it: its day, its doors, its desk, its live stream.

`services.hosted_area` for a council; made by `services.embedded_service` (with a worker in the same process)
or by `services.replica_service` (following workers elsewhere). Never folds or solves itself.
"""

import logging

from geo.council import Council
from services.council.day_board import DayBoard
from services.council.day_check import DayDoor
from services.council.day_decisions import DayDecisions
from services.council.day_state import CouncilState
from services.council.demand.request_desk import RequestDesk
from services.council.rounds_desk import RoundsDesk
from services.hosted_area import AreaKind, HostedArea
from services.ingest import Ingest
from services.metrics import Metrics
from services.pseudonyms import Pseudonyms
from streams.log import EventLog

logger = logging.getLogger(__name__)

PREPARED_WITHIN_S = 5.0
"""How long the desk's preparation waits for a day to prepare for."""


class CouncilArea(HostedArea):
    """The parts of one council that the API needs.

    Attributes
    ----------
    council
        What never changes of it.
    demand
        Where reports become requests.
    desk, decisions
        Where managers' decisions are judged, and where they are taken.
    """

    kind = AreaKind.COUNCIL
    state: CouncilState

    def __init__(self, council: Council, log: EventLog, metrics: Metrics, pseudonyms: Pseudonyms) -> None:
        self.council = council
        self.board = DayBoard(council)
        state = CouncilState(self.board)
        door = DayDoor(council, lambda: state.picture.added)
        super().__init__(council.id, council.name, state, door, log, metrics)
        self.pseudonyms = pseudonyms
        # The desk's own door; what others send in is judged by the desk at theirs.
        self.demand = RequestDesk(council, self.state, self.ingest, self.board.expected_at)
        self.ingest = Ingest(state, door, log, metrics, self.demand.end_of)
        self.desk = RoundsDesk(council)
        self.decisions = DayDecisions(self.state, log, metrics)

    def listed(self) -> dict[str, object]:
        """See `HostedArea.listed`."""
        return super().listed() | {"brigade": self.council.brigade}

    async def prepare(self) -> None:
        """Read the day's rounds for the desk; where that fails, the first question pays."""
        await self.state.until_folded(0, PREPARED_WITHIN_S)
        try:
            await self.desk.warm_up(self.state.picture)
        except Exception:
            logger.exception("area %s: the desk could not be prepared", self.id)

    def close(self) -> None:
        """End its threads."""
        self.board.close()
        self.desk.close()
