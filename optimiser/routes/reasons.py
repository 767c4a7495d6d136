"""Why a stop cannot be served in the day as it stands: for each vehicle the rules that prevent it.

Called by the service and by `cover routes insert` for stops that found no place. A rule is named where the
stop fits once that rule alone is gone, or with the fewest others. It changes no plan.
"""

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from math import nan

from optimiser.routes.arrays import RouteInputError
from optimiser.routes.checker import Checker
from optimiser.routes.obstacle_search import Obstacles, least_loose, smallest_sets
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem import RouteProblem
from optimiser.routes.reason_words import LOST_WORDS, ROUND_WORDS, STATIC_WORDS, loose_words, summary_words
from optimiser.routes.round_cut import cut_round
from optimiser.routes.round_trial import Loose, Obstacle, RoundTrial


class Reason(StrEnum):
    """Codes of reasons; those that are rules are named as the checker's."""

    CAPACITY = "capacity"
    WINDOW = "window"
    BAN = "ban"
    SHIFT = "shift"
    BREAK = "break"
    SKILL = "skill"
    REVERSING = "reversing"
    LOCK_VEHICLE = "lock_vehicle"
    LOCK_POSITION = "lock_position"
    DIRECTION = "direction"
    TIP_HOURS = "tip_hours"
    TRIPS = "trips"
    DAILY_CAP = "daily_cap"
    RELEASE = "release"
    LOST = "lost"
    PRICE = "price"
    ROUND = "round"
    """Its round breaks a rule already that no stop can mend, or no tip takes what the stop gives."""


CODE_OF = {Obstacle.OTHER_WINDOW: Reason.WINDOW, Obstacle.OTHER_BAN: Reason.BAN}


@dataclass(frozen=True, slots=True)
class VehicleReason:
    """Why one vehicle cannot serve the stop.

    Parameters
    ----------
    vehicle
        Its number.
    sets
        Sets of codes of `Reason`, each sufficient: were the rules of one of them gone, it could. All are of
        the same, smallest size found. `((),)` where it can, and better so than leaving the stop.
    loose
        By how much the rules of the first set would have to be loosened; see `round_trial.Loose`.
    cost_added
        What serving it would cost, in the cost's unit, nan where it cannot.
    text
        The first set in words.
    """

    vehicle: int
    sets: tuple[tuple[str, ...], ...]
    loose: tuple[Loose, ...]
    cost_added: float
    text: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the first set."""
        return self.sets[0]


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a stop cannot be served: one reason per vehicle, in their order, and all of it in a sentence.

    `servable` says whether a vehicle can serve it at less than the price of leaving it after all.
    """

    stop: int
    vehicles: tuple[VehicleReason, ...]
    servable: bool
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class RoundSearch:
    """What stands between a stop and one vehicle's round.

    `static` are codes of rules that do not depend on the round; `sets` as `smallest_sets` gives them.
    """

    trial: RoundTrial
    static: tuple[Reason, ...]
    sets: tuple[Obstacles, ...]


def static_reasons(problem: RouteProblem, vehicle: int, stop: int) -> tuple[Reason, ...]:
    """Rules between a stop and a vehicle that do not depend on its round."""
    stops, fleet = problem.stops, problem.fleet
    needed, locked = int(stops.skills[stop]), int(stops.locked_vehicle[stop])
    found = []
    if int(fleet.skills[vehicle]) & needed != needed:
        found.append(Reason.SKILL)
    if stops.no_reversing[stop] and not fleet.turns[vehicle]:
        found.append(Reason.REVERSING)
    if locked >= 0 and locked != vehicle:
        found.append(Reason.LOCK_VEHICLE)
    return tuple(found)


def search_round(problem: RouteProblem, plan: DayPlan, vehicle: int, stop: int) -> RoundSearch:
    """Find what stands between a stop and the round of a vehicle that is not lost."""
    trial = RoundTrial(cut_round(problem, plan, vehicle, stop))
    return RoundSearch(trial, static_reasons(problem, vehicle, stop), smallest_sets(trial))


def open_stop(problem: RouteProblem, plan: DayPlan, stop: int) -> None:
    """Refuse a stop that is no stop, or that is served.

    Raises
    ------
    RouteInputError
        Naming the stop.
    """
    if not 0 <= stop < len(problem.stops):
        raise RouteInputError("stop", stop, f"a number from 0 to {len(problem.stops) - 1}")
    past = problem.in_force
    server = plan.vehicle_of().get(stop)
    if server is None and past is not None:
        prefixes = tuple(r[:d] for r, d in zip(past.plan.rounds, past.done.tolist(), strict=True))
        server = DayPlan(prefixes).vehicle_of().get(stop)
    if server is not None:
        found = f"{problem.stops.ids[stop]}, which vehicle {problem.fleet.ids[server]} serves"
        raise RouteInputError("stop", found, "a stop that the plan leaves unserved")


def why_not(problem: RouteProblem, plan: DayPlan, stop: int) -> Reasons:
    """Say why a stop cannot be served in the day as it stands.

    Parameters
    ----------
    problem
        The day.
    plan
        As it stands; one round per vehicle.
    stop
        Number of a stop it leaves unserved.

    Returns
    -------
    Reasons
        The same for the same day. Where all other stops keep their vehicle, order and direction.

    Raises
    ------
    RouteInputError
        Where there is no such stop, or it is served.
    """
    open_stop(problem, plan, stop)
    past = problem.in_force
    checker, found = Checker(problem), []
    kept = plan if stop in plan.unserved else replace(plan, unserved=(*plan.unserved, stop))
    without = checker.check(kept).cost.total - float(problem.stops.unserved_cost[stop])
    for vehicle in range(len(problem.fleet)):
        if past is not None and past.lost[vehicle]:
            words = f"{problem.fleet.ids[vehicle]} {LOST_WORDS}"
            found.append(VehicleReason(vehicle, ((Reason.LOST.value,),), (), nan, words))
        else:
            search = search_round(problem, plan, vehicle, stop)
            found.append(
                _price_reason(problem, plan, stop, search.trial, checker, without)
                if search.sets == ((),) and not search.static
                else _reason(problem, search)
            )
    servable = any(one.codes == () for one in found)
    least = [(one.vehicle, one.codes, one.text, _size(one)) for one in found]
    text = summary_words(problem, stop, least, Counter(one.codes for one in found))
    return Reasons(stop, tuple(found), servable, text)


def _size(reason: VehicleReason) -> float:
    """How far a vehicle misses by, for the nearest among those with the same codes: steps, or cost."""
    if reason.loose:
        return sum(steps for _, steps in reason.loose)
    return reason.cost_added if reason.cost_added == reason.cost_added else 0.0


def _reason(problem: RouteProblem, search: RoundSearch) -> VehicleReason:
    vehicle = search.trial.cut.vehicle
    name, static = problem.fleet.ids[vehicle], tuple(code.value for code in search.static)
    words = [STATIC_WORDS[code] for code in static]
    if not search.sets:
        text = _sentence(name, [*words, ROUND_WORDS])
        return VehicleReason(vehicle, ((*static, Reason.ROUND.value),), (), nan, text)
    sets = tuple(dict.fromkeys((*static, *_codes(few)) for few in search.sets))
    loose = least_loose(search.trial, search.sets[0])
    words += [loose_words(search.trial, one) for one in loose]
    return VehicleReason(vehicle, sets, loose, nan, _sentence(name, words))


def _codes(obstacles: Obstacles) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(CODE_OF.get(one, one).value) for one in obstacles))


def _sentence(name: str, words: list[str]) -> str:
    return f"{name} {' and '.join(words)}"


def plan_with(plan: DayPlan, trial: RoundTrial, stop: int) -> DayPlan | None:
    """The plan with the stop at its cheapest place under the rules as the trial has them, or None."""
    place = trial.place()
    if place[1] < 0:
        return None
    cut = trial.cut
    rounds = list(plan.rounds)
    rounds[cut.vehicle] = cut.whole(trial.round_with(place))
    return replace(plan, rounds=tuple(rounds), unserved=tuple(s for s in plan.unserved if s != stop))


def _price_reason(
    problem: RouteProblem, plan: DayPlan, stop: int, trial: RoundTrial, checker: Checker, without: float
) -> VehicleReason:
    """Of a vehicle that can: at what price, over a day that costs `without` before the stop is paid for."""
    trial.strict()
    made = plan_with(plan, trial, stop)
    assert made is not None  # noqa: S101 - it was found to fit
    name, price = problem.fleet.ids[trial.cut.vehicle], float(problem.stops.unserved_cost[stop])
    added = checker.check(made).cost.total - without
    if added >= price:
        words = f"{name} could serve it for {added:.2f}, leaving it costs {price:.2f}"
        return VehicleReason(trial.cut.vehicle, ((Reason.PRICE.value,),), (), added, words)
    return VehicleReason(trial.cut.vehicle, ((),), (), added, f"{name} can serve it for {added:.2f}")
