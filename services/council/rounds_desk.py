"""A council's desk: prices what a manager has in mind, and turns their word into a decision for the log.

Called by the API, embedded and in a replica alike. Every question comes with the day it is about, and works
on a thread of the desk's own; it keeps nothing of the day but what it has read of rounds, to be quick. It
appends nothing to the log.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msgspec import Struct

from geo.council import Council
from services.council.day_picture import DayPicture
from services.council.day_problem import DayProblems
from services.council.round_answers import RoundAnswers
from services.council.round_approvals import RoundApprovals
from services.council.round_edits import EditKind, RoundEdit, RoundEdits
from services.council.round_moves import RoundMoves
from services.council.round_neighbours import RoundNeighbours
from services.council.round_places import RoundPlaces
from services.council.rounds_refusal import RoundsRefusal
from services.council.rounds_warm_up import warm_up_rounds
from streams.rounds_plan import OptionKey, RoundsDecided, RoundsProposal

__all__ = ["EditKind", "MovePrice", "RoundEdit", "RoundsDesk", "RoundsRefusal"]

T = TypeVar("T")


class MovePrice(Struct, frozen=True):
    """What moving a stop would do, or why it cannot be.

    Attributes
    ----------
    cost, drive_s
        What the rounds cost (the council's money) and drive more; None where it cannot be.
    finish_before_s, finish_after_s
        When the vehicle that gets it is back, seconds of the local day.
    codes, words, relaxation
        What is in the way, and what would make it possible.
    """

    possible: bool
    cost: float | None = None
    drive_s: float | None = None
    finish_before_s: float | None = None
    finish_after_s: float | None = None
    codes: tuple[str, ...] = ()
    words: str = ""
    relaxation: str | None = None


class RoundsDesk:
    """The desk of one council, behind a single thread.

    Parameters
    ----------
    council
        Its static side.
    """

    def __init__(self, council: Council) -> None:
        problems = DayProblems(council)
        self._places = RoundPlaces(problems)
        neighbours = RoundNeighbours(problems, self._places.seats)
        self._moves = RoundMoves(problems, self._places)
        self._edits = RoundEdits(problems, self._places, self._moves)
        self._approvals = RoundApprovals(problems, RoundAnswers(problems, self._places, neighbours))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"desk-{council.id}")

    async def warm_up(self, picture: DayPicture | None = None) -> None:
        """Pay for compilation before the first question, and read the day's rounds where they are given."""
        await self._run(warm_up_rounds)
        if picture is not None:
            await self._run(self._places.warm, picture)

    async def price(
        self, picture: DayPicture, stop: str, vehicle: str, before: str | None = None
    ) -> MovePrice:
        """What giving a stop to a vehicle would cost, before a visit of it or at the cheapest place."""
        return await self._run(self._price, picture, stop, vehicle, before)

    async def edit(self, picture: DayPicture, edit: RoundEdit, operator: str) -> RoundsDecided:
        """The decision that makes an edit; `RoundsRefusal` where it cannot be."""
        return await self._run(self._edits.decided, picture, edit, operator)

    async def approve(
        self, picture: DayPicture, proposal: RoundsProposal, option: OptionKey | None, operator: str
    ) -> RoundsDecided:
        """The decision that puts an option in force; `RoundsRefusal` where it no longer fits."""
        return await self._run(self._approvals.approved, picture, proposal, option, operator)

    async def dismiss(self, picture: DayPicture, proposal: RoundsProposal, operator: str) -> RoundsDecided:
        """The decision that leaves things as they are; `RoundsRefusal` where it is answered already."""
        return await self._run(self._approvals.dismissed, picture, proposal, operator)

    async def undo(self, picture: DayPicture, decision_id: str, operator: str) -> RoundsDecided:
        """The decision that takes another one back; `RoundsRefusal` names what stands in the way."""
        return await self._run(self._approvals.undone, picture, decision_id, operator)

    def close(self) -> None:
        """End the thread once its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _price(self, picture: DayPicture, stop: str, vehicle: str, before: str | None) -> MovePrice:
        try:
            moved = self._moves.move(picture, stop, vehicle, before)
        except RoundsRefusal as refusal:
            return MovePrice(False, codes=refusal.codes, words=refusal.words, relaxation=refusal.relaxation)
        return MovePrice(
            True,
            cost=round(moved.cost, 4),
            drive_s=round(moved.drive_s, 1),
            finish_before_s=round(moved.finish_before_s, 1),
            finish_after_s=round(moved.finish_after_s, 1),
        )

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args))
