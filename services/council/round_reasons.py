"""Why a stop is left out of today's rounds, in codes and words, and the cheapest change that would mend it.

Used by the rounds' solver and desk. The route engine finds the reasons; here they are cut to what fits into a
message, within a time. It changes no plan.
"""

import time
from collections import Counter
from collections.abc import Callable

from optimiser.routes.day_change import Change as DayChange
from optimiser.routes.day_change import ChangeKind, change_words
from optimiser.routes.plan import DayPlan, Kind
from optimiser.routes.reasons import why_not
from optimiser.routes.relaxation import cheapest_relaxation
from services.council.day_picture import DayPicture
from services.council.day_problem import PartDay
from services.council.road_blocks import CLOSED, DEPOT_CUT_OFF, Blocked
from services.council.road_ground import RoadGround
from services.council.round_options import stops_left
from streams.rounds_plan import Unserved

SKILL_NAMES = {1: "narrow streets"}
"""Bits of `geo.council.Vehicles.skills`."""
MOST_EXPLAINED = 6
"""Stops of an answer that are explained in full; of the others only that they found no place is told."""
LONGEST_WORDS = 600
MOST_WORDS = 50
"""Stops of vehicles that are cut off of which all is told; of the others no more than that, so that an event
holds them."""
NO_PLACE, NO_VEHICLE = "no_place", "no_vehicle"


def clock_words(at_s: float) -> str:
    """A time of the day in words."""
    minutes = round(at_s / 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def explained(part: PartDay, plan: DayPlan, stop: int) -> Unserved:
    """A stop that a plan leaves out, explained in full."""
    name = part.problem.stops.ids[stop]
    if part.past.lost.all():
        return Unserved(name, [NO_VEHICLE], f"{name}: no vehicle that is asked is in service", None)
    reasons = why_not(part.problem, plan, stop)
    lost = part.past.lost.tolist()
    counts = Counter(code for one in reasons.vehicles if not lost[one.vehicle] for code in one.codes)
    found = cheapest_relaxation(part.problem, plan, stop, most=1)
    asked = [one for one in reasons.vehicles if not lost[one.vehicle]]
    words = f"{name}: {asked[0].text}" if len(asked) == 1 else reasons.text
    words = words if len(words) <= LONGEST_WORDS else words[:LONGEST_WORDS] + "…"
    codes = [code for code, _ in counts.most_common()] or [NO_PLACE]
    mend = "; ".join(_change_words(part, change) for change in found[0].changes) if found else ""
    return Unserved(name, codes, words, mend or None)


def _change_words(part: PartDay, change: DayChange) -> str:
    """A change in words; what a crew or vehicle has to be able to do by its name."""
    if change.kind is not ChangeKind.SKILL:
        return change_words(part.problem, change)
    names = " and ".join(name for bit, name in SKILL_NAMES.items() if int(change.amount) & bit)
    return f"a vehicle for {names or 'this kind of stop'} in place of {part.vehicles[change.vehicle]}"


def brief(part: PartDay, stop: int) -> Unserved:
    """The same in short."""
    name = part.problem.stops.ids[stop]
    if part.past.lost.all():
        return Unserved(name, [NO_VEHICLE], f"{name}: no vehicle that is asked is in service", None)
    return Unserved(name, [NO_PLACE], f"{name} has no place in the rounds near it that keeps all rules", None)


def blocked_words(ground: RoadGround, picture: DayPicture, blocked: Blocked) -> Unserved:
    """A stop that nobody can serve as the roads are."""
    street = ground.street_of(blocked.stop, picture.added)
    number = None if street is None else ground.council.street_number.get(street)
    name = blocked.stop if number is None else ground.council.streets.names[number]
    if blocked.code == CLOSED:
        words, mend = f"{blocked.stop}: {name} is closed", f"open {name} while a crew is near"
    elif blocked.code == DEPOT_CUT_OFF:
        depots = " and ".join(ground.council.depots.names)
        words = f"{blocked.stop}: no open road leads from {depots} to a tip and back"
        mend = f"open one of the closed streets at {depots}"
    else:
        words = f"{blocked.stop}: no way leads to {name} and back to a depot"
        mend = "open one of the closed streets that lead there"
    return Unserved(blocked.stop, [blocked.code], words, mend)


def explain_all(
    ground: RoadGround,
    picture: DayPicture,
    part: PartDay,
    plan: DayPlan,
    *,
    until: float = 0.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Unserved]:
    """All stops a plan leaves out: in full until `until` (of `time.perf_counter`), the others in short."""
    told = [blocked_words(ground, picture, one) for one in part.blocked]
    cut_off = _cut_off(ground, part)
    for n, stop in enumerate(stops_left(part, plan)):
        if stop in cut_off:
            told.append(cut_off[stop])
            continue
        in_full = n < MOST_EXPLAINED and time.perf_counter() < until and not cancelled()
        told.append(explained(part, plan, stop) if in_full else brief(part, stop))
    return told


def _cut_off(ground: RoadGround, part: PartDay) -> dict[int, Unserved]:
    """By stop of a vehicle that cannot leave where it is: that this is why its crew does not come."""
    told: dict[int, Unserved] = {}
    council = ground.council
    for n, vehicle in enumerate(part.vehicles):
        if vehicle not in part.stranded or not part.past.lost[n]:
            continue
        depot = council.depots.names[int(council.vehicles.depot[council.vehicle_number[vehicle]])]
        for visit in part.past.plan.rounds[n][part.lengths[n] :]:
            if visit.kind == Kind.STOP:
                name = part.problem.stops.ids[visit.index]
                words = f"{name}: {vehicle} is cut off, no open road leads from {depot} to a tip and back"
                mend: str | None = f"open one of the closed streets at {depot}"
                if len(told) >= MOST_WORDS:
                    words, mend = f"{vehicle} is cut off at {depot}", None
                told[visit.index] = Unserved(name, [DEPOT_CUT_OFF], words, mend)
    return told
