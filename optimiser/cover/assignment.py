"""Which mover goes to which destination: the same stations lose and gain, at the least total cost.

Called by the search for every plan it keeps. It never changes where appliances stand in the end, so the
risk stays the same.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

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
        result += _assign(movers, kind, own) if len(own) > 1 else own
    return result


def _assign(movers: Movers, kind: int, pairs: list[Pair]) -> list[Pair]:
    groups, ends = [g for g, _ in pairs], [destination for _, destination in pairs]
    if not movers.mixed:
        # What is not allowed costs inf, and is never chosen: the moves as they came are one allowed way.
        chosen, columns = linear_sum_assignment(movers.cost[np.ix_(groups, ends)])
        return [(groups[row], ends[column]) for row, column in zip(chosen, columns, strict=True)]
    return _assign_mixed(movers, kind, pairs)


def _assign_mixed(movers: Movers, kind: int, pairs: list[Pair]) -> list[Pair]:
    """The same where a station holds several groups of one kind: choose who leaves it, too."""
    leaving: dict[int, int] = {}
    for g, _ in pairs:
        origin = int(movers.origin[g])
        leaving[origin] = leaving.get(origin, 0) + 1
    # A row for each appliance that could be among those leaving; a column for each destination, and columns
    # "stay" of each station for those that do not go.
    rows: list[int] = []
    for g in np.flatnonzero(movers.kind == kind).tolist():
        rows += [g] * min(int(movers.size[g]), leaving.get(int(movers.origin[g]), 0))
    stay: list[int] = []
    for origin, count in leaving.items():
        stay += [origin] * (sum(int(movers.origin[g]) == origin for g in rows) - count)
    destinations = [destination for _, destination in pairs]
    cost = np.full((len(rows), len(destinations) + len(stay)), np.inf)
    cost[:, : len(destinations)] = movers.cost[np.ix_(rows, destinations)]
    if stay:
        own = movers.origin[rows][:, None] == np.array(stay)[None, :]
        cost[:, len(destinations) :][own] = 0.0
    chosen, columns = linear_sum_assignment(cost)
    return [
        (rows[row], destinations[column])
        for row, column in zip(chosen, columns, strict=True)
        if column < len(destinations)
    ]
