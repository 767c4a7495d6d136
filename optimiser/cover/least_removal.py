"""The appliances of one kind whose removal costs cover least, none of them later than allowed.

Called by the mobilising advice. Best first, then exchanges, then branch and bound until it is proven that
there is none better or the looks it may take are used up. It knows nothing of zones or seconds.

That the bound is valid rests on one property of the risk: taking one more away never costs less once others
are gone (with first_weight >= second_weight the risk is a sum of weighted rank functions, Nemhauser, Wolsey
and Fisher 1978). So what each costs now, summed over the cheapest that may still be taken, is a lower bound.
"""

from bisect import insort
from dataclasses import dataclass

from optimiser.cover.removal import Removal

# Looks at all further removals that one search may take: a look costs some 20 to 60 microseconds at London's
# size, and the whole advice is to stay below 25 milliseconds.
MOST_LOOKS = 250
# Of more than so many no proof is tried: the choices are too many for the looks there are.
MOST_PROVEN = 12
# A choice is better only if it saves at least this share: rounding must not decide who is sent.
LEAST_SAVING = 1e-9


@dataclass(frozen=True, slots=True)
class Candidates:
    """Where appliances may be taken, nearest first, C places.

    `tier`: the earliest place in the order of arrival an appliance from there may take, 1 for the first.
    `spare`: how many may be taken there.
    """

    tier: tuple[int, ...]
    spare: tuple[int, ...]


class LeastRemoval:
    """Finds how many to take from each candidate so that `n` are taken and the risk rises least.

    Parameters
    ----------
    removal
        With nothing taken.
    candidates
        In the order of the removal's stations.
    n
        Number to take; it must be possible.
    """

    def __init__(self, removal: Removal, candidates: Candidates, n: int) -> None:
        self._removal, self._candidates, self._n = removal, candidates, n
        self._taken = [0] * len(candidates.tier)
        # How many of those taken may only come after the i-th place: at most n - i, or that place is empty.
        self._after = [0] * n
        self._looks = 0
        self._rise = 0.0
        self._best_rise = float("inf")
        self._best: tuple[int, ...] = ()
        self._order: list[int] = []

    def run(self, start: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
        """Return how many to take from each candidate, and whether it is proven that none is better.

        Parameters
        ----------
        start
            A choice to begin with, kept unless a better one is found.
        """
        self._offer(self._rise_of(start), start)
        order = self._look()
        self._order = sorted(range(len(order)), key=order.__getitem__)
        self._best_first()
        self._exchange()
        if self._n > MOST_PROVEN:
            return self._best, False
        for c in range(len(self._taken)):
            self._take(c, -self._taken[c])
        proven = self._dig(0, self._n, 0.0)
        return self._best, proven

    def _look(self) -> list[float]:
        self._looks += 1
        return self._removal.look()

    def _take(self, c: int, number: int = 1) -> None:
        if number:
            self._removal.take(c, number)
            self._taken[c] += number
            for i in range(1, self._candidates.tier[c]):
                self._after[i] += number

    def _fits(self, c: int) -> bool:
        if self._taken[c] >= self._candidates.spare[c]:
            return False
        return all(self._after[i] < self._n - i for i in range(1, self._candidates.tier[c]))

    def _offer(self, rise: float, taken: tuple[int, ...]) -> None:
        if rise < self._threshold():
            self._best_rise, self._best = rise, taken

    def _threshold(self) -> float:
        return self._best_rise - LEAST_SAVING * abs(self._best_rise) if self._best else self._best_rise

    def _rise_of(self, taken: tuple[int, ...]) -> float:
        rise = 0.0
        for c, number in enumerate(taken):
            for _ in range(number):
                rise += self._look()[c]
                self._take(c)
        for c, number in enumerate(taken):
            self._take(c, -number)
        return rise

    def _cheapest(self, rises: list[float]) -> int:
        fitting = [c for c in range(len(rises)) if self._fits(c)]
        return min(fitting, key=rises.__getitem__)

    def _best_first(self) -> None:
        for _ in range(self._n):
            rises = self._look()
            c = self._cheapest(rises)
            self._rise += rises[c]
            self._take(c)
        self._offer(self._rise, tuple(self._taken))

    def _exchange(self) -> None:
        """Put one of those taken back and another in its place, as long as it pays."""
        better = True
        while better and self._looks < MOST_LOOKS:
            better = False
            for old in [c for c, number in enumerate(self._taken) if number]:
                self._take(old, -1)
                rises = self._look()
                new = self._cheapest(rises)
                saved = rises[old] - rises[new]
                if saved > LEAST_SAVING * abs(self._rise):
                    self._rise -= saved
                    better = True
                    self._take(new)
                else:
                    self._take(old)
        self._offer(self._rise, tuple(self._taken))

    def _dig(self, position: int, left: int, rise: float) -> bool:
        """Try every choice of `left` more, from `position` in the order on; False where looks ran out."""
        if self._looks >= MOST_LOOKS:
            return False
        rises = self._look()
        if left == 1:
            fitting = [c for c in self._order[position:] if self._fits(c)]
            if fitting:
                c = min(fitting, key=rises.__getitem__)
                self._take(c)
                self._offer(rise + rises[c], tuple(self._taken))
                self._take(c, -1)
            return True
        if rise + self._least(rises, position, left) >= self._threshold():
            return True
        complete = True
        for place, least in self._children(rises, position, left):
            if rise + least < self._threshold():
                c = self._order[place]
                self._take(c)
                complete = self._dig(place, left - 1, rise + rises[c]) and complete
                self._take(c, -1)
        return complete

    def _least(self, rises: list[float], position: int, left: int) -> float:
        """Return the least that `left` more can cost; inf where so many may not be taken.

        The rule of who may come how late is a laminar matroid, so that best first is exact for the sum.
        """
        units = []
        for c in self._order[position:]:
            spare = min(self._candidates.spare[c] - self._taken[c], left)
            units += [(rises[c], c)] * spare
        units.sort()
        after, total = self._after.copy(), 0.0
        for rise, c in units:
            places = range(1, self._candidates.tier[c])
            if all(after[i] < self._n - i for i in places):
                for i in places:
                    after[i] += 1
                total += rise
                left -= 1
                if not left:
                    return total
        return float("inf")

    def _children(self, rises: list[float], position: int, left: int) -> list[tuple[int, float]]:
        """Return the places from which one may be taken next, and the least that it and the rest cost."""
        children = []
        cheapest: list[float] = []
        for place in range(len(self._order) - 1, position - 1, -1):
            c = self._order[place]
            if not self._fits(c):
                continue
            for _ in range(min(self._candidates.spare[c] - self._taken[c], left) - 1):
                insort(cheapest, rises[c])
            del cheapest[left - 1 :]
            if len(cheapest) == left - 1:
                children.append((place, rises[c] + sum(cheapest)))
            insort(cheapest, rises[c])
        children.reverse()
        return children
