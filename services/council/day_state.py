"""What one council shows right now: its day, the proposals that stand; kept in this process.

A council's `services.log_state`. Written by the area's fold and its worker, read by the API, the desk and the
hub's snapshots. The log can rebuild all of it.
"""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from services.council.day_board import DayBoard
from services.council.day_picture import EPOCH, ChangeStatus, DayPicture, cause_key
from services.council.day_view import DayView
from services.log_state import LogState
from streams.rounds_plan import RoundsProposal

PROPOSALS_KEPT = 500
"""Proposals a decision may still refer to; the newest revision of each."""
PROPOSALS_SHOWN = 200


class DaySnapshot(Struct, frozen=True):
    """All a console needs to start."""

    day: DayView
    proposals: list[RoundsProposal]
    server_time: datetime


class _Offset(Struct):
    offset: int


class _Told(Struct):
    day: _Offset
    proposals: list[RoundsProposal]


class CouncilState(LogState[DayPicture]):
    """The live state of one council.

    Attributes
    ----------
    board
        Turns its days into views.
    proposals
        The newest revision of each, by id; the longest known first.
    """

    def __init__(self, board: DayBoard) -> None:
        self.board = board
        super().__init__(board.ground.area)
        self.proposals: dict[str, RoundsProposal] = {}
        self._told = 0

    def empty_picture(self) -> DayPicture:
        """See `LogState.empty_picture`."""
        return self.board.ground.empty_day()

    def forget_answers(self) -> None:
        """See `LogState.forget_answers`."""
        self.proposals.clear()
        self._told += 1

    def hear(self, event: str, data: bytes) -> int | None:
        """See `LogState.hear`."""
        match event:
            case "day":
                return msgspec.json.decode(data, type=_Offset).offset
            case "proposal":
                self.know(msgspec.json.decode(data, type=RoundsProposal))
            case "snapshot":
                told = msgspec.json.decode(data, type=_Told)
                for proposal in told.proposals:
                    self.know(proposal)
                return told.day.offset
        return None

    def know(self, proposal: RoundsProposal) -> bool:
        """Remember a proposal; whether it is news."""
        known = self.proposals.get(proposal.proposal_id)
        if known is not None and known.revision >= proposal.revision:
            return False
        self.proposals.pop(proposal.proposal_id, None)
        self.proposals[proposal.proposal_id] = proposal
        while len(self.proposals) > PROPOSALS_KEPT:
            del self.proposals[next(iter(self.proposals))]
        self._told += 1
        return True

    def newest_revision(self, proposal_id: str) -> RoundsProposal | None:
        """The newest revision known of a proposal; None where it is not known."""
        return self.proposals.get(proposal_id)

    def about(self) -> dict[str, RoundsProposal]:
        """By cause: the newest proposal about it, of the newest version of the day."""
        newest: dict[str, RoundsProposal] = {}
        for proposal in self.proposals.values():
            key = cause_key(proposal.cause)
            known = newest.get(key)
            if known is None or proposal.day_version >= known.day_version:
                newest[key] = proposal
        return newest

    def view(self) -> DayView:
        """The day as consoles read it."""
        return self.board.view(self.picture, self.offset, self.about())

    def shown(self) -> list[RoundsProposal]:
        """The proposals that wait for a decision, oldest first."""
        about = self.about()
        waiting = [
            about[key]
            for key, change in self.picture.changes.items()
            if change.status is ChangeStatus.OPEN and key in about
        ]
        return waiting[-PROPOSALS_SHOWN:]

    def answered_at(self) -> float | None:
        """See `LogState.answered_at`."""
        newest = next(reversed(self.proposals.values()), None)
        return None if newest is None else newest.published_at.timestamp()

    def as_of(self) -> datetime | None:
        """See `LogState.as_of`."""
        return self.picture.as_of if self.picture.as_of > EPOCH else None

    def stands_for(self) -> object:
        """See `LogState.stands_for`."""
        return self.offset, self._told, self.board.made

    def whole(self) -> bytes:
        """See `LogState.whole`."""
        return msgspec.json.encode(DaySnapshot(self.view(), self.shown(), datetime.now(UTC)))
