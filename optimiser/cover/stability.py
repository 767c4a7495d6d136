"""How steady the advice is: which moves undo a recent one, and how often that happens.

Called by services with accepted moves (by id) and when a problem is built (by index). It never decides
whether a move is made; it only says that it would undo another.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from optimiser.cover.arrays import CoverInputError, IntArray

Id = TypeVar("Id", int, str)

# A move is recent for half an hour: crews moved back within it were driven about for nothing. A judgement:
# it is a little longer than nearly all moves take to pay for their own driving.
RECENT_S = 1800.0
# Most recent moves remembered, far more than any brigade orders in half an hour.
MOST_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class MadeMove(Generic[Id]):
    """One appliance was sent from a station to another; ids or indices, and seconds from any fixed moment.

    `kind` tells apart appliances that cannot stand in for each other; None where all are alike.
    """

    appliance: Id
    origin: Id
    destination: Id
    at_s: float
    kind: Id | None = None


def undoes(move: MadeMove[Id], recent: Iterable[MadeMove[Id]], within_s: float = RECENT_S) -> bool:
    """Whether a move undoes one made no more than `within_s` before it.

    It does where the same appliance goes back to where that move took it from, directly or by a detour, or
    where another of its kind makes the same way back: two crews drove and cover is as it was. Going home
    counts like any other way back: soon after, the crew was driven about for nothing just the same. An
    appliance that fills the place another left, coming from elsewhere, undoes nothing: that is a chain.

    Parameters
    ----------
    move
        The move judged.
    recent
        Moves made before it, in any order; those made after it are left aside.
    within_s
        How long a move is recent.
    """
    return any(_reverses(move, earlier, within_s) for earlier in recent)


def undoing_pairs(
    recent: Iterable[MadeMove[int]],
    appliance_kind: IntArray,
    appliance_station: IntArray,
    now_s: float,
    within_s: float = RECENT_S,
) -> frozenset[tuple[int, int]]:
    """Return the (appliance, station) pairs that would undo a recent move if made now: see `undoes`.

    Parameters
    ----------
    recent
        Moves made, by index.
    appliance_kind, appliance_station
        Kind and present station of each appliance, (A,), as in the cover problem.
    now_s
        The present, in the seconds of the moves.
    within_s
        How long a move is recent.
    """
    pairs = set()
    for earlier in recent:
        if not 0.0 <= now_s - earlier.at_s <= within_s:
            continue
        kind = appliance_kind[earlier.appliance]
        twins = (appliance_kind == kind) & (appliance_station == earlier.destination)
        twins[earlier.appliance] = True
        pairs |= {
            (a, earlier.origin) for a in twins.nonzero()[0].tolist() if appliance_station[a] != earlier.origin
        }
    return frozenset(pairs)


class ReversalCount(Generic[Id]):
    """Counts moves and those that undo a recent one; it remembers only what is still recent.

    Parameters
    ----------
    within_s
        How long a move is recent.
    """

    def __init__(self, within_s: float = RECENT_S) -> None:
        if not within_s >= 0.0:
            raise CoverInputError("within_s", within_s, "zero or more seconds")
        self.moves = 0
        self.reversals = 0
        self._within_s = within_s
        self._recent: deque[MadeMove[Id]] = deque(maxlen=MOST_REMEMBERED)

    @property
    def per_100(self) -> float:
        """Reversals per 100 moves; 0.0 before the first."""
        return 100.0 * self.reversals / self.moves if self.moves else 0.0

    def add(self, move: MadeMove[Id]) -> bool:
        """Count a move, in the order of time, and return whether it undoes a recent one."""
        while self._recent and move.at_s - self._recent[0].at_s > self._within_s:
            self._recent.popleft()
        reversal = undoes(move, self._recent, self._within_s)
        self._recent.append(move)
        self.moves += 1
        self.reversals += reversal
        return reversal


def _reverses(move: MadeMove[Id], earlier: MadeMove[Id], within_s: float) -> bool:
    if not 0.0 <= move.at_s - earlier.at_s <= within_s or move.destination != earlier.origin:
        return False
    if move.appliance == earlier.appliance:
        return True
    return move.kind == earlier.kind and move.origin == earlier.destination
