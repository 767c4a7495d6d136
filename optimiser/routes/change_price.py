"""What a change of the day is worth, in minutes of a crew's time: the scale that orders relaxations.

Called by the relaxations. The scale is a judgement of ours, not a measured one: what a controller can grant
alone comes first (overtime, a call to a resident), then what others must agree to (crews, tips), then what
touches the law or safety (a load above capacity, a school-time ban). Never looks at routes.
"""

from optimiser.routes.day_change import Change, ChangeKind
from optimiser.routes.problem import RouteProblem

MINUTE_S = 60.0

# Minutes for asking at all, and for each minute of the change.
SCALE: dict[ChangeKind, tuple[float, float]] = {
    ChangeKind.OVERTIME: (0.0, 1.5),  # time and a half
    ChangeKind.WINDOW_LATER: (10.0, 0.5),  # a call to whoever asked for the window
    ChangeKind.WINDOW_EARLIER: (10.0, 0.5),
    ChangeKind.RELEASE_EARLIER: (10.0, 1.0),  # the yard makes ready sooner
    ChangeKind.UNLOCK_POSITION: (10.0, 0.0),  # the manager who locked it
    ChangeKind.UNLOCK_VEHICLE: (15.0, 0.0),
    ChangeKind.BREAK_LATER: (15.0, 1.0),  # the crew
    ChangeKind.BREAK_EARLIER: (15.0, 1.0),
    ChangeKind.DAILY_STOPS: (15.0, 0.0),
    ChangeKind.DAILY_LOAD: (15.0, 0.0),
    ChangeKind.TRIP: (30.0, 0.0),
    ChangeKind.SKILL: (60.0, 0.0),  # a crew member changes lorry
    ChangeKind.TIP_LATER: (60.0, 2.0),  # another organisation, and its staff's overtime
    ChangeKind.TIP_EARLIER: (60.0, 2.0),
    ChangeKind.CAPACITY: (120.0, 0.0),  # another lorry: a load above the plated weight is against the law
    ChangeKind.LIFT_BAN: (240.0, 0.0),  # safety at a school: the highway authority
    ChangeKind.PRIORITY: (0.0, 0.0),  # its cost is the price
}
FULL_LOAD_MIN = 240.0
"""For a whole capacity more; less in proportion."""


def minute_cost(problem: RouteProblem) -> float:
    """What a minute of a crew costs in the unit of the problem's weights; 1 where it says nothing of time."""
    weights = problem.weights
    return MINUTE_S * (weights.per_overtime_s or weights.per_drive_s) or 1.0


def price_min(problem: RouteProblem, change: Change) -> float:
    """Price of a change in minutes.

    Parameters
    ----------
    problem
        The day as it is.
    change
        In its numbers.
    """
    asking, each = SCALE[change.kind]
    if change.kind == ChangeKind.PRIORITY:
        return change.amount / minute_cost(problem)
    if each:
        return asking + each * change.amount / MINUTE_S
    if change.kind in (ChangeKind.TRIP, ChangeKind.DAILY_STOPS):
        return asking * change.amount
    if change.kind == ChangeKind.CAPACITY:
        return asking + FULL_LOAD_MIN * change.amount / float(
            problem.fleet.capacity[change.vehicle, change.material]
        )
    if change.kind == ChangeKind.DAILY_LOAD:
        whole = float(problem.fleet.daily_load[change.vehicle, change.material])
        return asking + FULL_LOAD_MIN * change.amount / whole if whole > 0 else asking + FULL_LOAD_MIN
    return asking
