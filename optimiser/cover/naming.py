"""Which of several like appliances is asked to make a move: the one that was asked before.

Called by the engine wherever a plan is put into words. It never changes what a plan does.
"""

from dataclasses import replace

from optimiser.cover.movers import Movers
from optimiser.cover.plan import Move


def same_names(movers: Movers, moves: tuple[Move, ...], before: dict[int, int]) -> tuple[Move, ...]:
    """Return the moves, each made by whom it was asked of before, where the one named now is like it."""
    if not before:
        return moves
    group_of = {a: g for g, members in enumerate(movers.members) for a in members}
    names: list[int | None] = []
    for move in moves:
        alike = movers.members[group_of[move.appliance]]
        told = [a for a in alike if before.get(a) == move.destination and a not in names]
        names.append(told[0] if told else None)
    for i, move in enumerate(moves):
        if names[i] is None:
            names[i] = next(a for a in movers.members[group_of[move.appliance]] if a not in names)
    return tuple(
        replace(move, appliance=name) for move, name in zip(moves, names, strict=True) if name is not None
    )
