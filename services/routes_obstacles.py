"""Why stops are not served, and what would let them be: the engine's reasons in the names of a file.

Called by `services.routes_solver` for what `cover routes insert` and `repair` leave out. It finds nothing
itself.
"""

from optimiser.routes.day_change import Change
from optimiser.routes.formats.instance import Instance
from optimiser.routes.plan import DayPlan
from optimiser.routes.reasons import why_not
from optimiser.routes.relaxation import Relaxation, cheapest_relaxation
from services.routes_answer_document import ChangeRow, RelaxationRow, StopReasons, VehicleObstacle

MOST_EXPLAINED = 30
"""Stops of a plan whose reasons are given; 18 vehicles take some 60 ms a stop."""
MOST_RELAXATIONS = 3
DIGITS = 3


def why_refused(instance: Instance, plan: DayPlan, stop: int) -> tuple[StopReasons, list[RelaxationRow]]:
    """Return why a stop was not placed, and the cheapest changes of the day with which it could be."""
    offers = cheapest_relaxation(instance.problem, plan, stop, MOST_RELAXATIONS)
    return _reasons(instance, plan, stop), [_relaxation(instance, one) for one in offers]


def why_unserved(instance: Instance, plan: DayPlan) -> list[StopReasons]:
    """Return the reasons of the stops a plan leaves out, of the first `MOST_EXPLAINED` of them."""
    return [_reasons(instance, plan, stop) for stop in plan.unserved[:MOST_EXPLAINED]]


def _reasons(instance: Instance, plan: DayPlan, stop: int) -> StopReasons:
    fleet = instance.problem.fleet
    found = why_not(instance.problem, plan, stop)
    rows = [VehicleObstacle(fleet.ids[one.vehicle], list(one.codes), one.text) for one in found.vehicles]
    return StopReasons(instance.problem.stops.ids[stop], rows, found.text)


def _relaxation(instance: Instance, one: Relaxation) -> RelaxationRow:
    rows = [_change(instance, change) for change in one.changes]
    text = one.text
    for row, change in zip(rows, one.changes, strict=True):
        if row.material is not None:  # the engine knows materials by number only
            text = text.replace(f"material {change.material}", row.material)
    vehicle = instance.problem.fleet.ids[one.vehicle]
    return RelaxationRow(rows, vehicle, round(one.price_min, DIGITS), round(one.cost_added, DIGITS), text)


def _change(instance: Instance, change: Change) -> ChangeRow:
    problem = instance.problem

    def name_of(names: tuple[str, ...], number: int) -> str | None:
        return names[number] if 0 <= number < len(names) else None

    return ChangeRow(
        kind=change.kind.value,
        amount=round(change.amount, DIGITS),
        vehicle=name_of(problem.fleet.ids, change.vehicle),
        stop=name_of(problem.stops.ids, change.stop),
        tip=name_of(problem.tips.ids, change.tip),
        material=name_of(instance.materials, change.material),
    )
