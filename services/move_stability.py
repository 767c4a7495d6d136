"""How steady the advice was: of the moves accepted, how many undid a recent one.

Used by the cover solver (the last day, for the plan) and the area worker (as they come, for the metrics).
Pure but for what it remembers of the last picture; what undoing means is the optimiser's to say.
"""

from collections.abc import Iterable, Sequence

from geo.region import Region
from optimiser.cover.stability import RECENT_S, MadeMove, ReversalCount, undoes
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
        if self._counted is None or self._counted[0] is not picture.orders:
            count: ReversalCount[str] = ReversalCount()
            for move in self._made(picture.moves_made()):
                count.add(move)
            shown = Stability(count.moves, count.reversals, round(count.per_100, 2))
            self._counted = picture.orders, shown
        return self._counted[1]

    def reverses(self, order: MoveOrder, before: Picture) -> bool:
        """Whether an order undoes one made shortly before it."""
        recent = [one for one in before.moves_made() if (order.at - one.at).total_seconds() <= RECENT_S]
        (move,) = self._made([order])
        return undoes(move, self._made(recent))

    def _made(self, orders: Sequence[MoveOrder]) -> Iterable[MadeMove[str]]:
        for one in orders:
            kind = self._kind.get(one.appliance)
            yield MadeMove(one.appliance, one.from_station, one.to_station, one.at.timestamp(), kind)
