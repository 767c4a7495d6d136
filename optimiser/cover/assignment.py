"""Which mover goes to which destination: the same stations lose and gain, at the least total cost.

Called by the search for every plan it keeps. It never changes where appliances stand in the end, so the
risk stays the same.

Usanov and others (2019) assign by the longest journey first, then by the total. Here the total comes first,
because it is part of the objective, which is what is proven; where several assignments cost the same, the
one whose longest journey is shortest is taken.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from optimiser.cover.arrays import BoolArray, FloatArray
from optimiser.cover.movers import Movers
from optimiser.cover.state import Pair


def cheapest_assignment(movers: Movers, pairs: list[Pair]) -> list[Pair]:
    """Reassign origins to destinations so that the moves cost least in total.

    Each kind by itself; each station loses as many of a kind as before, but not always of the same group.

    Parameters
    ----------
    movers
        Groups and their costs.
    pairs
        (group, destination) of each move, all allowed.
    """
    result: list[Pair] = []
    for kind in sorted({int(movers.kind[g]) for g, _ in pairs}):
        own = [pair for pair in pairs if int(movers.kind[pair[0]]) == kind]
        result += (_assign(movers, kind, own, None) or own) if len(own) > 1 else own
    return result


def shortest_longest(movers: Movers, pairs: list[Pair], road_s: FloatArray, slack: float) -> list[Pair]:
    """Reassign so that each kind's longest journey is as short as can be at (nearly) the same total cost.

    Parameters
    ----------
    movers, pairs
        As for `cheapest_assignment`, and already assigned by it.
    road_s
        How long each journey is, (S, S): seconds, or whatever else a shorter one has less of.
    slack
        Most that all this may add to the total cost.
    """
    result: list[Pair] = []
    for kind in sorted({int(movers.kind[g]) for g, _ in pairs}):
        best = [pair for pair in pairs if int(movers.kind[pair[0]]) == kind]
        most = _cost(movers, best) + slack
        # Each round bars at least one of the journeys there are: it ends.
        while len(best) > 1:
            longest = max(float(road_s[movers.origin[g], end]) for g, end in best)
            shorter = _assign(movers, kind, best, road_s < longest)
            if shorter is None or _cost(movers, shorter) > most:
                break
            best = shorter
        slack = most - _cost(movers, best)
        result += best
    return result


def _cost(movers: Movers, pairs: list[Pair]) -> float:
    return sum(float(movers.cost[pair]) for pair in pairs)


def _assign(movers: Movers, kind: int, pairs: list[Pair], may_drive: BoolArray | None) -> list[Pair] | None:
    """Return the cheapest way to pair origins and destinations, None where there is none.

    Where a station holds several groups of the kind, who leaves it is chosen, too: a row for each appliance
    that could be among those leaving, a column for each destination, and columns "stay" of each station for
    those that do not go.
    """
    leaving: dict[int, int] = {}
    for g, _ in pairs:
        origin = int(movers.origin[g])
        leaving[origin] = leaving.get(origin, 0) + 1
    rows = [g for g, _ in pairs]
    left = np.zeros(movers.cost.shape[1], dtype=np.bool_)
    left[list(leaving)] = True
    alike = np.flatnonzero((movers.kind == kind) & left[movers.origin]).tolist()
    if len(alike) > len(leaving):
        rows = [g for g in alike for _ in range(min(int(movers.size[g]), leaving[int(movers.origin[g])]))]
    ends = [destination for _, destination in pairs]
    cost = movers.cost[rows][:, ends]
    if may_drive is not None:
        cost[~may_drive[movers.origin[rows]][:, ends]] = np.inf
    if len(rows) > len(ends):
        stands = movers.origin[rows]
        stay = [o for o, count in leaving.items() for _ in range(int((stands == o).sum()) - count)]
        cost = np.hstack([cost, np.where(stands[:, None] == np.array(stay)[None, :], 0.0, np.inf)])
    try:
        # What is not allowed costs inf, and is never chosen.
        chosen, columns = linear_sum_assignment(cost)
    except ValueError:
        return None
    return [
        (rows[row], ends[column])
        for row, column in zip(chosen.tolist(), columns.tolist(), strict=True)
        if column < len(ends)
    ]
