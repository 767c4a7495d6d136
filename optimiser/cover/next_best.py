"""The next-best plans: what else could be done, where the plan chosen is not to somebody's liking.

Called by the engine after a plan is made. It searches from the plan, one of its moves barred at a time; it
never proves anything.
"""

from collections.abc import Iterable

import numpy as np

from optimiser.cover.search import CoverSearch, Found
from optimiser.cover.state import CoverState, Pair

# What a plan does, whichever of several like appliances does it: (kind, origin, destination) of each move.
Deeds = tuple[tuple[int, int, int], ...]


def next_best(state: CoverState, pairs: Iterable[Pair], max_moves: int, most: int) -> list[Found]:
    """Return the best plans found that differ from this one and from each other, the best first.

    For each move of the plan in turn: the plan without it; with the best in its place where none of its kind
    may go that way; and with the best in its place where none of its kind may go there.

    Parameters
    ----------
    state
        Of the problem, without any move. It is left changed.
    pairs
        The plan.
    max_moves, most
        Most moves of a plan; most plans returned.
    """
    search = CoverSearch(state)
    search.restart(tuple(pairs))
    movers, chosen = state.movers, list(search.pairs)
    saved = state.save()
    known: dict[Deeds, Found] = {}
    for pair in dict.fromkeys(chosen):
        g, end = pair
        alike = movers.kind == movers.kind[g]
        for barred in (alike & (movers.origin == movers.origin[g]), alike):
            search.go_back(saved, list(chosen))
            if not search.take_back(pair):
                break
            _note(known, state, search.keep())
            # Others that go that way are barred like it: made still, they would cost inf and any turn pay.
            others = [other for other in search.pairs if other[1] == end and barred[other[0]]]
            if not all(search.take_back(other) for other in others):
                continue
            rows = np.flatnonzero(barred)
            cost = movers.cost[rows, end].copy()
            movers.cost[rows, end] = np.inf
            try:
                search.refill(max_moves)
            finally:
                movers.cost[rows, end] = cost
            _note(known, state, search.keep())
    known.pop(_deeds(state, tuple(chosen)), None)
    return sorted(known.values(), key=lambda found: found.objective)[:most]


def _note(known: dict[Deeds, Found], state: CoverState, found: Found) -> None:
    deeds = _deeds(state, found.pairs)
    if deeds not in known or found.objective < known[deeds].objective:
        known[deeds] = found


def _deeds(state: CoverState, pairs: tuple[Pair, ...]) -> Deeds:
    kind, origin = state.movers.kind, state.movers.origin
    return tuple(sorted((int(kind[g]), int(origin[g]), end) for g, end in pairs))
