"""Answers as managers are offered them: rounds in words, what they cost, what moves, what is left out.

Used by the rounds' solver and desk. Asks the independent checker about every plan, and never looks for one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from optimiser.routes.checker import Checker
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.problem import RouteWeights
from optimiser.routes.verdict import RoundSheet, Verdict
from services.council.day_picture import DayPicture
from services.council.day_problem import Excess, PartDay
from services.council.visits import stop_of
from streams.rounds_plan import DayFigures, OptionKey, RoundData, RoundsOption, Unserved

MOST_BYTES = 200_000
"""Words of all options of a proposal together: an event holds 256 kB."""
BYTES_A_WORD = 4
"""JSON writes so many more for each word: quotes, a comma, and what else there is."""


class Judged(NamedTuple):
    """A plan for a part of the day, and what the checker says of it."""

    plan: DayPlan
    verdict: Verdict


class Judge:
    """The checker of a part of the day, and what it says of doing nothing.

    Parameters
    ----------
    part
        The part.
    """

    def __init__(self, part: PartDay) -> None:
        self.part = part
        self._checker = Checker(part.problem)
        self.before = Judged(part.plan, self._checker.check(part.plan))

    def judged(self, plan: DayPlan) -> Judged:
        """The checker's word on a plan."""
        return Judged(plan, self._checker.check(plan))

    def accepts(self, one: Judged) -> bool:
        """Whether a plan keeps all rules, or breaks no more than doing nothing does."""
        return one.verdict.feasible or wrong(one.verdict) <= wrong(self.before.verdict)

    def better(self, one: Judged, other: Judged) -> bool:
        """Whether a plan breaks fewer rules than another, or as few at less cost."""
        mine, theirs = wrong(one.verdict), wrong(other.verdict)
        if mine != theirs:
            return mine < theirs
        return one.verdict.cost.total < other.verdict.cost.total


def wrong(verdict: Verdict) -> tuple[int, float]:
    """How many rules are broken, and by how much in whole units."""
    return len(verdict.violations), round(sum(violation.amount for violation in verdict.violations))


def day_figures(part: PartDay, judged: Judged) -> DayFigures:
    """What rounds cost, over the vehicles of a part."""
    counted = [
        counted_round(sheet, excess, part.problem.weights)
        for sheet, excess in zip(judged.verdict.rounds, part.excess, strict=True)
    ]
    return sum_of(counted, judged.verdict.cost.unserved_stops + len(part.blocked))


class CountedRound(NamedTuple):
    """One round's part of the figures."""

    drive_s: float
    dist_m: float
    overtime_s: float
    cost: float


def counted_round(sheet: RoundSheet, excess: Excess, weights: RouteWeights) -> CountedRound:
    """A round's part of the figures, its history as it was driven."""
    more = weights.per_drive_s * excess.drive_s + weights.per_m * excess.dist_m
    return CountedRound(
        sheet.drive_s - excess.drive_s, sheet.dist_m - excess.dist_m, sheet.overtime_s, sheet.cost - more
    )


def sum_of(rounds: Collection[CountedRound], unserved: int) -> DayFigures:
    """Figures of these rounds together."""
    return DayFigures(
        drive_s=round(sum(one.drive_s for one in rounds), 1),
        dist_m=round(sum(one.dist_m for one in rounds), 1),
        overtime_s=round(sum(one.overtime_s for one in rounds), 1),
        late_s=round(max((one.overtime_s for one in rounds), default=0.0), 1),
        unserved=unserved,
        cost=round(sum(one.cost for one in rounds), 4),
    )


def plan_of(part: PartDay, rounds: Mapping[str, Sequence[str]]) -> DayPlan:
    """The plan of a part in which these vehicles have these rounds, the others those in force.

    A vehicle that is lost does no more than it has done.

    Raises
    ------
    KeyError
        For a stop or tip the part does not know.
    """
    known = part.plan
    lost = part.past.lost.tolist()
    visits = tuple(
        part.read(n, rounds[vehicle]) if vehicle in rounds and not lost[n] else known.rounds[n]
        for n, vehicle in enumerate(part.vehicles)
    )
    served = {v.index for one in visits for v in one if v.kind == Kind.STOP}
    left = (n for n in range(len(part.problem.stops)) if n not in served)
    return DayPlan(visits, tuple(left))


def changed_rounds(picture: DayPicture, part: PartDay, plan: DayPlan) -> list[RoundData]:
    """The rounds that are not those in force."""
    changed = []
    for n, vehicle in enumerate(part.vehicles):
        words = part.words(n, plan.rounds[n])
        if words != picture.rounds.get(vehicle, ()):
            changed.append(RoundData(vehicle, list(words)))
    return changed


def option(
    key: OptionKey,
    picture: DayPicture,
    part: PartDay,
    judged: Judged,
    unserved: Iterable[Unserved],
) -> RoundsOption:
    """One answer."""
    in_force = {stop_of(word): v for v, visits in picture.rounds.items() for word in visits}
    lost = {v for v, gone in zip(part.vehicles, part.past.lost.tolist(), strict=True) if gone}
    placed = []
    for n, vehicle in enumerate(part.vehicles):
        for visit in judged.plan.rounds[n][part.lengths[n] :]:
            if visit.kind == Kind.STOP:
                stop = part.problem.stops.ids[visit.index]
                was = in_force.get(stop)
                if was is None or (was in lost and was != vehicle):
                    placed.append((stop, vehicle))
    cost = judged.verdict.cost
    return RoundsOption(
        key=key,
        rounds=changed_rounds(picture, part, judged.plan),
        after=day_figures(part, judged),
        placed=placed,
        moved_stops=cost.moved_stops,
        churn_share=round(cost.moved_stops / cost.untouched_stops, 4) if cost.untouched_stops else 0.0,
        unserved=list(unserved),
    )


def told_once(options: Iterable[RoundsOption]) -> list[RoundsOption]:
    """Options without those whose rounds another has that moves less; and no more than an event holds."""
    kept: list[RoundsOption] = []
    seen: list[dict[str, list[str]]] = []
    size = 0
    for one in options:
        rounds = {round_.vehicle: round_.visits for round_ in one.rounds}
        if rounds in seen:
            continue
        more = sum(len(word) + BYTES_A_WORD for visits in rounds.values() for word in visits)
        more += sum(len(u.words) + len(u.relaxation or "") + 60 for u in one.unserved)
        if kept and size + more > MOST_BYTES:
            break
        seen.append(rounds)
        kept.append(one)
        size += more
    return kept


def stops_left(part: PartDay, plan: DayPlan, of: Collection[str] | None = None) -> list[int]:
    """Numbers of the stops a plan leaves out, the dearest to leave first; of these names, or of all."""
    ids, price = part.problem.stops.ids, part.problem.stops.unserved_cost
    left = [n for n in plan.unserved if of is None or ids[n] in of]
    return sorted(left, key=lambda n: (-float(price[n]), n))
