"""How steady the advice was: of the moves accepted, how many undid a recent one.

Used by the cover solver (the last day, for the plan) and the area worker (as they come, for the metrics).
Pure but for what it remembers of the last picture; what undoing means is the optimiser's to say.
"""

from collections.abc import Iterable, Sequence

from geo.region import Region
from optimiser.cover.stability import RECENT_S, MadeMove, undoes
from services.move_orders import MoveOrder, OrderWord
from services.picture import Picture
from streams.cover_advice import Stability


class MoveStability:
    """Counts reversals of one region; one thread's own."""

    def __init__(self, region: Region) -> None:
        kinds = [kind.id for kind in region.kinds]
        self._kind = {
            id_: kinds[k] for id_, k in zip(region.appliances.ids, region.appliances.kind, strict=True)
        }
        self._counted: tuple[tuple[OrderWord, ...], Stability] | None = None

    def of(self, picture: Picture) -> Stability:
        """Moves accepted within the last day and not taken back, and how many of them undid a recent one."""
        known = self.known(picture)
        if known is None:
            made = list(self._made(picture.moves_made()))
            reversals = _reversals(made)
            known = Stability(len(made), reversals, round(100.0 * reversals / len(made), 2) if made else 0.0)
            self._counted = picture.orders, known
        return known

    def known(self, picture: Picture) -> Stability | None:
        """The same where it has been counted for these orders, else None."""
        counted = self._counted
        return counted[1] if counted is not None and counted[0] is picture.orders else None

    def reverses(self, order: MoveOrder, before: Picture) -> bool:
        """Whether an order undoes one made shortly before it."""
        recent = [one for one in before.moves_made() if (order.at - one.at).total_seconds() <= RECENT_S]
        (move,) = self._made([order])
        return undoes(move, self._made(recent))

    def _made(self, orders: Sequence[MoveOrder]) -> Iterable[MadeMove[str]]:
        for one in orders:
            kind = self._kind.get(one.appliance)
            yield MadeMove(one.appliance, one.from_station, one.to_station, one.at.timestamp(), kind)


def _reversals(made: Iterable[MadeMove[str]]) -> int:
    """How many moves, given in the order of time, undo a recent one, in one walk.

    A move can only undo one that left where it goes, of its own appliance or of its kind by the same way;
    if any such is recent, so is the last of them. Only these two are asked about.
    """
    own: dict[tuple[str, str], MadeMove[str]] = {}
    kinds: dict[tuple[str | None, str, str], MadeMove[str]] = {}
    found = 0
    for move in made:
        candidates = (
            own.get((move.appliance, move.destination)),
            kinds.get((move.kind, move.destination, move.origin)),
        )
        found += undoes(move, [one for one in candidates if one is not None])
        own[move.appliance, move.origin] = move
        kinds[move.kind, move.origin, move.destination] = move
    return found
