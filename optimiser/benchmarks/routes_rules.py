"""The rules of a made-up day's stops, drawn so that the rounds laid already keep every one of them.

Called by `council_day`. Windows of shops, school times, narrow streets, locks, releases, priorities. It never
moves a stop.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from optimiser.benchmarks.routes_rounds import LaidRound
from optimiser.routes.arrays import BoolArray, FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import Kind
from optimiser.routes.stops import ANYWHERE

Spans = tuple[tuple[float, float], ...]

HOUR_S = 3600.0
# Bits of skills.
NARROW_ACCESS, CLINICAL, LIFT = 1, 2, 4
# Shares of stops with each rule; of skills and streets, of those whose vehicle can.
WINDOW_SHARE, BAN_SHARE, NO_REVERSING_SHARE, RELEASE_SHARE = 0.20, 0.08, 0.10, 0.025
SKILL_SHARE = {NARROW_ACCESS: 0.12, CLINICAL: 0.08, LIFT: 0.10}
VEHICLE_LOCK_SHARE = 0.03
# The first stop of every so-many-th round keeps its place: keys are handed over there.
FIRST_STOP_LOCKED_EVERY = 5
# Hours in which shops let a collection begin; a rule may have one or two of them.
WINDOWS_H: tuple[Spans, ...] = (
    ((6.0, 10.0),),
    ((7.0, 11.0),),
    ((8.0, 12.0),),
    ((10.0, 14.0),),
    ((12.0, 15.5),),
    ((6.0, 8.0), (12.5, 15.5)),
    ((6.0, 7.5), (9.5, 11.5)),
    ((6.5, 8.5),),
    ((9.0, 11.0),),
    ((11.0, 13.0),),
)
# A service of the laid round begins at least so long before and after a window's ends.
MARGIN_S = 600.0
SCHOOL_H = ((8.25, 9.25), (14.5, 15.75))
# What is paid for a stop left unserved, pounds, and how often: homes, shops, and where it must not be missed.
UNSERVED_COST, PRIORITY_SHARES = np.array([60.0, 120.0, 400.0]), (0.7, 0.22, 0.08)
NEVER_S = np.inf


@dataclass(slots=True, eq=False)
class Rules:
    """The columns of `Stops` that are rules, for S stops; without a rule until drawn."""

    count: int
    window_open_s: FloatArray = field(init=False)
    window_close_s: FloatArray = field(init=False)
    ban_from_s: FloatArray = field(init=False)
    ban_until_s: FloatArray = field(init=False)
    no_reversing: BoolArray = field(init=False)
    skills: IntArray = field(init=False)
    release_s: FloatArray = field(init=False)
    unserved_cost: FloatArray = field(init=False)
    locked_vehicle: IntArray = field(init=False)
    locked_position: IntArray = field(init=False)

    def __post_init__(self) -> None:
        count = self.count
        self.window_open_s = np.full((count, 2), NEVER_S)
        self.window_open_s[:, 0] = -np.inf
        self.window_close_s = np.full((count, 2), NEVER_S)
        self.ban_from_s = np.full((count, len(SCHOOL_H)), NEVER_S)
        self.ban_until_s = np.full((count, len(SCHOOL_H)), NEVER_S)
        self.no_reversing = np.zeros(count, dtype=np.bool_)
        self.skills = np.zeros(count, dtype=np.int64)
        self.release_s = np.full(count, -np.inf)
        self.unserved_cost = np.full(count, UNSERVED_COST[0])
        self.locked_vehicle = np.full(count, ANYWHERE, dtype=np.int64)
        self.locked_position = np.full(count, ANYWHERE, dtype=np.int64)


def draw_rules(rounds: Sequence[LaidRound], fleet: Fleet, rng: np.random.Generator) -> Rules:
    """Return rules that rounds keep, one round for each vehicle, stops numbered from 0 without a gap."""
    rules = Rules(sum(visit.kind == Kind.STOP for laid in rounds for visit in laid.visits))
    rules.unserved_cost = rng.choice(UNSERVED_COST, size=rules.count, p=PRIORITY_SHARES)
    for vehicle, laid in enumerate(rounds):
        position = 0
        for n, visit in enumerate(laid.visits):
            if visit.kind != Kind.STOP:
                continue
            _draw_times(rules, visit.index, laid, n, rng)
            _draw_who(rules, visit.index, fleet, vehicle, rng)
            if position == 0 and vehicle % FIRST_STOP_LOCKED_EVERY == 0:
                rules.locked_position[visit.index] = 0
            position += 1
    return rules


def _draw_times(rules: Rules, stop: int, laid: LaidRound, n: int, rng: np.random.Generator) -> None:
    begin_s, leave_s = laid.begin_s[n], laid.leave_s[n]
    if rng.random() < WINDOW_SHARE:
        fits = [hours for hours in WINDOWS_H if _within(hours, begin_s)]
        if fits:
            hours = fits[int(rng.integers(len(fits)))]
            for w, (open_h, close_h) in enumerate(hours):
                rules.window_open_s[stop, w] = open_h * HOUR_S
                rules.window_close_s[stop, w] = close_h * HOUR_S
    if rng.random() < BAN_SHARE and all(
        leave_s + MARGIN_S <= from_h * HOUR_S or begin_s - MARGIN_S >= until_h * HOUR_S
        for from_h, until_h in SCHOOL_H
    ):
        rules.ban_from_s[stop] = [from_h * HOUR_S for from_h, _ in SCHOOL_H]
        rules.ban_until_s[stop] = [until_h * HOUR_S for _, until_h in SCHOOL_H]
    if rng.random() < RELEASE_SHARE:
        # Known from some minutes before its trip left: bins put out, a permit that begins.
        rules.release_s[stop] = laid.trip_left_s[n] - float(rng.integers(0, 4)) * 600.0


def _within(hours: Spans, begin_s: float) -> bool:
    return any(
        open_h * HOUR_S + MARGIN_S <= begin_s <= close_h * HOUR_S - MARGIN_S for open_h, close_h in hours
    )


def _draw_who(rules: Rules, stop: int, fleet: Fleet, vehicle: int, rng: np.random.Generator) -> None:
    for skill, share in SKILL_SHARE.items():
        if fleet.skills[vehicle] & skill and rng.random() < share:
            rules.skills[stop] |= skill
    rules.no_reversing[stop] = bool(fleet.turns[vehicle]) and rng.random() < NO_REVERSING_SHARE
    if rng.random() < VEHICLE_LOCK_SHARE:
        rules.locked_vehicle[stop] = vehicle
