"""The first plan: greedy moves, each plan re-optimised move by move, for every number of moves up to K.

Called by the engine (first plan) and by the certificate (improving a rounded plan). Everything it keeps is
allowed by the rules and exactly priced; it proves nothing about what is best.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from optimiser.cover.arrays import CoverInputError, FloatArray
from optimiser.cover.assignment import cheapest_assignment, shortest_longest
from optimiser.cover.state import CoverState, Pair, Saved

# A change must bring this share of the objective to count: below it, rounding could make a search cycle.
LEAST_GAIN_SHARE = 1e-9
# Assignments whose costs differ by less than this share of the objective (a second of driving at most) cost
# the same: of these the one with the shortest longest journey is shown.
SAME_COST_SHARE = 1e-6
# A plan in force is kept where the best one is better by less than this share: a tenth of what is proven.
KEPT_SHARE = 1e-4
# Changes of one end of a move, per move and plan: a bound never met in practice (one or two settle).
MOST_TURNS_PER_MOVE = 8
# Sweeps of replacing each move, per plan: a bound never met in practice (two or three settle).
MOST_SWEEPS = 6
# Moves into full stations tried with the best move out of there, each time: few are ever worth a try.
MOST_SWAPS_TRIED = 8
# Pairs of moves are re-optimised together only up to this many moves: beyond it pairs get too many.
MOST_MOVES_FOR_PAIRS = 8


def never() -> bool:
    """Return False: the answer of a caller that never stops a search."""
    return False


@dataclass(frozen=True, slots=True)
class Found:
    """A plan the search keeps: its pairs (group, destination) and its objective.

    The pair that brings most comes first, its cost aside: the order in which plans are shown.
    """

    pairs: tuple[Pair, ...]
    objective: float


class CoverSearch:
    """Local search over plans, from the state without any move.

    Parameters
    ----------
    state
        Of the problem, without any move.
    stopped
        Asked between steps of a few milliseconds at most; once it says so, the search ends where it is.
    road_s
        How long each journey is, (S, S), where the longest of a plan is to be as short as its cost allows.
    """

    def __init__(
        self, state: CoverState, stopped: Callable[[], bool] = never, road_s: FloatArray | None = None
    ) -> None:
        self.state = state
        self._road_s = road_s
        self._stopped = stopped
        self.pairs: list[Pair] = []
        self._least = LEAST_GAIN_SHARE * max(state.objective, 1.0)

    def frontier(self, max_moves: int) -> list[Found]:
        """Return the best plan found for at most 0, 1, …, max_moves moves."""
        found = [self.keep()]
        while len(found) <= max_moves:
            best = self.state.best(below=-self._least)
            if best.group < 0:
                break
            self._add((best.group, best.destination))
            self._turn_all()
            found.append(self.keep())
        if len(found) > 1:
            self.improve(len(found) - 1)
            found[-1] = self.keep()
        swapped = self.keep() if self.improve_through_full(max_moves) else None
        if swapped is not None:
            self.restart(found[-1].pairs)
        self._descend(found)
        if swapped is not None:
            self.restart(swapped.pairs)
            found += [found[-1]] * (len(swapped.pairs) + 1 - len(found))
            found[-1] = swapped
            self._descend(found)
        for n in range(1, len(found)):
            if found[n].objective >= found[n - 1].objective:
                found[n] = found[n - 1]
        return found + [found[-1]] * (max_moves + 1 - len(found))

    def renewed(self, found: list[Found], in_force: list[Pair]) -> list[Found]:
        """Return a frontier where the plan in force stays, as it was or improved, unless another is better.

        Better by `KEPT_SHARE` of the objective, that is: advice that flickers is not followed. Pairs that are
        no longer allowed are left out.
        """
        max_moves = len(found) - 1
        self._resume(in_force, max_moves)
        if not self.pairs:
            return found
        as_it_was = self.keep()
        candidates = [as_it_was]
        if sorted(as_it_was.pairs) != sorted(found[-1].pairs):
            self.improve(max_moves)
            candidates.append(self.keep())
        least = min(plan.objective for plan in (*candidates, found[-1]))
        for plan in candidates:
            fewer = min((other.objective for other in found[: len(plan.pairs)]), default=np.inf)
            better = plan.objective < fewer - self._least
            if better and plan.objective <= least * (1.0 + KEPT_SHARE):
                return found[: len(plan.pairs)] + [plan] * (max_moves + 1 - len(plan.pairs))
        return found

    def improve(self, max_moves: int) -> None:
        """Replace each move by a better one, and add moves that pay, until nothing gets better."""
        for _ in range(MOST_SWEEPS):
            self.refill(max_moves)
            replaced = [not self._stopped() and self._replace(pair) for pair in tuple(self.pairs)]
            if not any(replaced):
                return

    def improve_pairs(self, max_moves: int) -> None:
        """Take two moves back at once and fill up again; keep what is better. Slower, and better still."""
        if len(self.pairs) > MOST_MOVES_FOR_PAIRS:
            return
        for first, second in combinations(tuple(self.pairs), 2):
            if self._stopped():
                return
            # A plan changed since the pairs were listed may hold only one of them.
            if first == second or not {first, second} <= set(self.pairs):
                continue
            saved, kept, before = self.state.save(), list(self.pairs), self.state.objective
            if self._drop_both(first, second):
                self.refill(max_moves)
            if self.state.objective >= before - self._least:
                self.go_back(saved, kept)

    def improve_through_full(self, max_moves: int) -> bool:
        """Move into full stations whose own appliances make room: swaps and chains of two, while they pay.

        Says whether any did. Where no full station keeps a move from paying, this costs next to nothing.
        """
        swapped = False
        while max_moves > 1 and not self._stopped() and self._swap(max_moves):
            self.improve(max_moves)
            swapped = True
        return swapped

    def restart(self, pairs: tuple[Pair, ...]) -> None:
        """Go to another plan."""
        for pair in [pair for pair in self.pairs if pair not in pairs]:
            self._drop(pair)
        kept = list(self.pairs)
        for pair in pairs:
            if pair in kept:
                kept.remove(pair)
            else:
                self._add(pair)
        for pair in kept:
            self._drop(pair)

    def take_back(self, pair: Pair) -> bool:
        """Take a move back, if the rules allow that; say whether they did."""
        if self.state.value_of_dropping(pair) == np.inf:
            return False
        self._drop(pair)
        return True

    def refill(self, max_moves: int) -> None:
        """Add moves that pay, the best first, and change ends of moves as long as that pays."""
        self._fill(max_moves)
        self._turn_all()

    def keep(self) -> Found:
        """Return the present plan, its longest journey as short as it can be at the same total cost."""
        if self._road_s is not None and len(self.pairs) > 1:
            slack = SAME_COST_SHARE * self.state.objective
            self._relabel(shortest_longest(self.state.movers, self.pairs, self._road_s, slack))
        order = sorted(self.pairs, key=self.state.contribution_of, reverse=True)
        return Found(tuple(order), self.state.objective)

    def _resume(self, in_force: list[Pair], max_moves: int) -> None:
        """Go to the plan in force: as a whole, because in a swap each makes room; else what is allowed."""
        cost = self.state.movers.cost
        rest = [pair for pair in in_force if cost[pair] < np.inf]
        self.restart(())
        try:
            self.state.movers.check(tuple(rest), max_moves)
        except CoverInputError:
            # One that leaves may make room for one passed over before: round after round adds one at least.
            for _ in range(max_moves):
                allowed = [pair for pair in rest if len(self.pairs) < max_moves and self._try(pair)]
                if not allowed:
                    return
                for pair in allowed:
                    rest.remove(pair)
        else:
            self.restart(tuple(rest))

    def _try(self, pair: Pair) -> bool:
        """Make a move if the rules allow it; say whether they did."""
        if not self.state.allows(pair):
            return False
        self._add(pair)
        return True

    def _add(self, pair: Pair) -> None:
        self.state.add(pair)
        self.pairs.append(pair)

    def _drop(self, pair: Pair) -> None:
        self.state.drop(pair)
        self.pairs.remove(pair)

    def go_back(self, saved: Saved, pairs: list[Pair]) -> None:
        """Go back to a plan whose state was saved."""
        self.state.load(saved)
        self.pairs = pairs

    def _fill(self, max_moves: int) -> None:
        while len(self.pairs) < max_moves:
            best = self.state.best(below=-self._least)
            if best.group < 0:
                return
            self._add((best.group, best.destination))

    def _turn_all(self) -> None:
        """Change one end of one move at a time, as long as that pays; then pair ends at the least cost."""
        for _ in range(MOST_TURNS_PER_MOVE * len(self.pairs)):
            turn = self.state.best_turn(self.pairs, below=-self._least)
            if turn is None:
                break
            _, old, new = turn
            self.state.turn(old, new)
            # The one changed is asked last the next time.
            self.pairs.remove(old)
            self.pairs.append(new)
        self._reassign()

    def _replace(self, pair: Pair) -> bool:
        """Take a move back and make the best one in its place, if that is better; say whether it was."""
        if pair not in self.pairs or self.state.value_of_dropping(pair) == np.inf:
            return False
        kind = int(self.state.movers.kind[pair[0]])
        saved, kept, before = self.state.save(kind), list(self.pairs), self.state.objective
        self._drop(pair)
        # What the best must be worth, for the change as a whole to pay.
        enough = before - self._least - self.state.objective
        best = self.state.best(below=min(enough, 0.0))
        if best.group >= 0:
            self._add((best.group, best.destination))
        elif enough <= 0.0:
            self.go_back(saved, kept)
            return False
        return True

    def _swap(self, max_moves: int) -> bool:
        """Make the first of the best moves into full stations that pays with the best move out of there."""
        before, saved, kept = self.state.objective, None, list(self.pairs)
        further = -self._least
        if len(kept) == max_moves:
            # In a full plan it has to take the place of the move that is worth least.
            further = min(further, -min(self.state.worth_of(pair) for pair in kept))
        for move in self.state.blocked(kept, further, -self._least, MOST_SWAPS_TRIED):
            saved = saved or self.state.save()
            if move.old is None:
                self._add(move.new)
            else:
                self.state.turn(move.old, move.new)
                self.pairs[self.pairs.index(move.old)] = move.new
            # Only a move out of the overfull station is allowed now, and it must leave a gain of both.
            best = self.state.best(below=before - self._least - self.state.objective)
            if best.group >= 0:
                self._add((best.group, best.destination))
                while len(self.pairs) > max_moves and self._drop_least():
                    pass
                if len(self.pairs) <= max_moves and self.state.objective < before - self._least:
                    return True
            self.go_back(saved, list(kept))
        return False

    def _drop_both(self, first: Pair, second: Pair) -> bool:
        for one, other in ((first, second), (second, first)):
            if self.state.value_of_dropping(one) < np.inf:
                self._drop(one)
                if self.state.value_of_dropping(other) < np.inf:
                    self._drop(other)
                    return True
                self._add(one)
        return False

    def _descend(self, found: list[Found]) -> None:
        """From the last plan, drop the move that brings least, again and again: better plans of fewer."""
        for n in range(len(found) - 2, 0, -1):
            while len(self.pairs) > n and self._drop_least():
                pass
            self._turn_all()
            plan = self.keep()
            if len(plan.pairs) <= n and plan.objective < found[n].objective - self._least:
                found[n] = plan
            elif plan.objective > found[n].objective + self._least:
                self.restart(found[n].pairs)

    def _drop_least(self) -> bool:
        values = [self.state.value_of_dropping(pair) for pair in self.pairs]
        least = int(np.argmin(values))
        if values[least] == np.inf:
            return False
        self._drop(self.pairs[least])
        return True

    def _reassign(self) -> None:
        if len(self.pairs) < 2:
            return
        movers = self.state.movers
        assigned = cheapest_assignment(movers, self.pairs)
        if self._cost_of(assigned) < self._cost_of(self.pairs) - self._least:
            self._relabel(assigned)

    def _relabel(self, pairs: list[Pair]) -> None:
        if pairs != self.pairs:
            self.state.relabel(self.pairs, pairs)
            self.pairs = pairs

    def _cost_of(self, pairs: list[Pair]) -> float:
        return sum(float(self.state.movers.cost[pair]) for pair in pairs)
