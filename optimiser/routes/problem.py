"""One question to the route engine: the fleet, the stops, the tips, the roads, and the plan in force.

Built from files, events and benchmarks; read by solvers, the instant layer and the checker. It is checked
completely when built, so that nothing behind it has to check again. It never does I/O.
"""

from dataclasses import dataclass

from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import DayPlan
from optimiser.routes.problem_check import check_problem
from optimiser.routes.stops import Stops, Tips


@dataclass(frozen=True, slots=True)
class RouteWeights:
    """What is paid for what; all in one unit of cost, each >= 0.

    Parameters
    ----------
    per_drive_s, per_m
        For each second and each metre driven.
    per_overtime_s
        For each second a vehicle is back after its shift's end.
    per_moved_stop
        The λ of churn: for each stop that the plan in force gives to a vehicle and the new plan to another.
        New stops, and stops of a vehicle in `lost`, are not untouched and cost nothing.
    balance
        For each second by which a vehicle's working time (from shift start to being back) departs from the
        mean of the vehicles in use.
    """

    per_drive_s: float = 0.0
    per_m: float = 1.0
    per_overtime_s: float = 0.0
    per_moved_stop: float = 0.0
    balance: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """The plan in force, and how far the day has come.

    Parameters
    ----------
    plan
        Its rounds are those of the same vehicles.
    done
        Leading visits of each round that stay as they are, (V,): executed, or the crew is on its way there.
    free_s
        When the vehicle has finished the last of these, (V,); nan where the replay of the round says it.
    lost
        Whether the vehicle is lost for the rest of the day, (V,): it serves no more than what is done, and
        where it has done nothing it stays. Its round ends where its done visits end; nothing else is asked
        of it (no tip, no way back).
    """

    plan: DayPlan
    done: IntArray
    free_s: FloatArray
    lost: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class RouteProblem:
    """A day's rounds as a question.

    Parameters
    ----------
    travel_s, dist_m
        From row to column, (L, L), asymmetric, >= 0.
    fleet, stops, tips
        Who, what, and where it is emptied. Where anything was collected since the last tip, a round must
        call at tips that together take all of it before it ends (several in a row, where one does not).
    weights
        What is paid for what.
    in_force
        The plan in force, or None for a day planned from nothing.

    Raises
    ------
    RouteInputError
        Naming the field, the value and what would be right.
    """

    travel_s: FloatArray
    dist_m: FloatArray
    fleet: Fleet
    stops: Stops
    tips: Tips
    weights: RouteWeights = RouteWeights()
    in_force: InForce | None = None

    def __post_init__(self) -> None:
        check_problem(self)
