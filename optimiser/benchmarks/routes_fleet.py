"""The lorries, the depots and the tips of a made-up council.

Called by `council_day`. Draws from the generator it is given; plans nothing.
"""

from dataclasses import replace

import numpy as np

from optimiser.benchmarks.routes_rounds import LaidRound
from optimiser.benchmarks.routes_rules import CLINICAL, HOUR_S, LIFT, NARROW_ACCESS, Spans
from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import Kind
from optimiser.routes.stops import Tips

# Kilograms on board, by material (residual, recycling), of a lorry with one compartment and of one with two.
ONE_COMPARTMENT, TWO_COMPARTMENTS = (9500.0, 0.0), (6000.0, 3500.0)
# Every third lorry has two compartments; every sixth begins an hour later.
TWO_EVERY, LATE_EVERY = 3, 6
SHIFT_H, LATE_SHIFT_H, OVERTIME_H = (6.0, 14.0), (7.0, 15.0), 1.5
# A crew's break begins within these hours after its shift does.
BREAK_H = (3.0, 5.5)
BREAKS_S = (1800.0, 2100.0, 2400.0, 2700.0)
# The same crew and lorry can do several of these.
SKILL_SHARES = {NARROW_ACCESS: 0.45, CLINICAL: 0.35, LIFT: 0.5}
TURNS_SHARE = 0.7
MAX_TRIPS = 5
# Pounds a day for a lorry that leaves the yard.
USED_LORRY = 40.0
# A day's caps above what the laid round does.
MORE_STOPS, MORE_LOAD = (5, 10), (1.25, 1.5)
# Shares of the city's breadth and height at which depots and tips lie.
DEPOTS_AT = ((0.22, 0.30), (0.78, 0.66))
TIPS_AT = ((0.04, 0.92), (0.52, 0.46), (0.95, 0.12))
TIP_SERVICE_S = (900.0, 720.0, 840.0)
# The first takes both, the second is a transfer station that closes for lunch, the third a sorting plant.
TIP_TAKES = ((True, True), (True, False), (False, True))
TIP_WINDOWS_H: tuple[Spans, ...] = (((7.0, 15.75),), ((6.5, 12.25), (12.75, 15.5)), ((7.5, 15.5),))


def make_fleet(depot: IntArray, rng: np.random.Generator) -> Fleet:
    """Return lorries, each with the depot given for it, without daily caps yet."""
    count = len(depot)
    number = np.arange(count)
    two = number % TWO_EVERY == 1
    late = number % LATE_EVERY == LATE_EVERY - 1
    shift_start_s = np.where(late, LATE_SHIFT_H[0], SHIFT_H[0]) * HOUR_S
    skills = np.zeros(count, dtype=np.int64)
    for skill, share in SKILL_SHARES.items():
        # At least two can do each: one may be lost.
        able = rng.random(count) < share
        able[rng.choice(count, size=min(2, count), replace=False)] = True
        skills[able] |= skill
    turns = rng.random(count) < TURNS_SHARE
    turns[rng.integers(count)] = True
    return Fleet(
        ids=tuple(f"lorry-{n + 1:02d}" for n in number),
        start=depot.copy(),
        end=depot.copy(),
        shift_start_s=shift_start_s,
        shift_end_s=np.where(late, LATE_SHIFT_H[1], SHIFT_H[1]) * HOUR_S,
        max_overtime_s=np.full(count, OVERTIME_H * HOUR_S),
        capacity=np.where(two[:, None], np.array(TWO_COMPARTMENTS), np.array(ONE_COMPARTMENT)),
        daily_load=np.full((count, 2), np.inf),
        daily_stops=np.full(count, np.inf),
        max_trips=np.full(count, MAX_TRIPS, dtype=np.int64),
        break_earliest_s=shift_start_s + BREAK_H[0] * HOUR_S,
        break_latest_s=shift_start_s + BREAK_H[1] * HOUR_S,
        break_s=rng.choice(np.array(BREAKS_S), size=count),
        skills=skills,
        turns=turns,
        fixed_cost=np.full(count, USED_LORRY),
    )


def make_tips(location: IntArray) -> Tips:
    """Return the three tips at their locations."""
    opens = np.full((len(location), 2), np.inf)
    closes = np.full((len(location), 2), np.inf)
    for tip, spans in enumerate(TIP_WINDOWS_H):
        for w, (open_h, close_h) in enumerate(spans):
            opens[tip, w], closes[tip, w] = open_h * HOUR_S, close_h * HOUR_S
    return Tips(
        ids=("energy-plant", "transfer-station", "sorting-plant"),
        location=location,
        service_s=np.array(TIP_SERVICE_S),
        window_open_s=opens,
        window_close_s=closes,
        takes=np.array(TIP_TAKES),
    )


def capped(fleet: Fleet, rounds: list[LaidRound], load: FloatArray, rng: np.random.Generator) -> Fleet:
    """Return the fleet with daily caps that rounds keep with something to spare; some lorries without."""
    daily_stops, daily_load = fleet.daily_stops.copy(), fleet.daily_load.copy()
    for vehicle, laid in enumerate(rounds):
        stops = [visit.index for visit in laid.visits if visit.kind == Kind.STOP]
        daily_stops[vehicle] = len(stops) + int(rng.integers(MORE_STOPS[0], MORE_STOPS[1] + 1))
        if vehicle % 4:
            daily_load[vehicle] = np.ceil(load[stops].sum(axis=0) * rng.uniform(*MORE_LOAD))
    return replace(fleet, daily_stops=daily_stops, daily_load=daily_load)
