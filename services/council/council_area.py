"""One council as the API sees it: its day, its doors, its desk, its live stream.

`services.hosted_area` for a council; made by `services.embedded_service` (with a worker in the same process)
or by `services.replica_service` (following workers elsewhere). Never folds or solves itself.
"""

from geo.council import Council
from services.council.day_board import DayBoard
from services.council.day_check import DayDoor
from services.council.day_decisions import DayDecisions
from services.council.day_state import CouncilState
from services.council.demand.request_desk import RequestDesk
from services.hosted_area import AreaKind, HostedArea
from services.metrics import Metrics
from services.pseudonyms import Pseudonyms
from streams.log import EventLog


class CouncilArea(HostedArea):
    """The parts of one council that the API needs.

    Attributes
    ----------
    council
        What never changes of it.
    demand
        Where reports become requests.
    decisions
        Where managers' decisions are judged and taken.
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
        self.demand = RequestDesk(council, self.state, self.ingest, self.board.expected_at)
        self.decisions = DayDecisions(self.state, log, metrics)

    def listed(self) -> dict[str, object]:
        """See `HostedArea.listed`."""
        return super().listed() | {"brigade": self.council.brigade}

    def close(self) -> None:
        """End its threads."""
        self.board.close()
        self.decisions.close()
