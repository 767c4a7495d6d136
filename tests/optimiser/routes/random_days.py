"""Random small days of rounds with all rules on, and random plans for them, for property tests.

Called by the tests of the route engine only. Everything comes from the seed. `random_day(seed)`,
`random_plan(problem, seed)` (breaks rules), `feasible_plan(problem, seed)` (keeps them), and the Hypothesis
strategy `days()`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import BREAK_ON_ARRIVAL, DayPlan, Kind, Round, Visit
from optimiser.routes.problem import InForce, RouteProblem, RouteWeights
from optimiser.routes.stops import ANYWHERE, Stops, Tips
from tests.optimiser.routes.small_days import make_fleet, make_stops, make_tips, with_in_force


def random_day(
    seed: int, *, n_stops: int | None = None, in_force: str = "random", **changes: Any
) -> RouteProblem:
    """A random day in whole seconds with all rules on: 2-4 vehicles, 4-9 stops, 1-2 tips, 1-2 materials.

    Parameters
    ----------
    seed
        Everything comes from it.
    n_stops
        Number of stops instead of a random one.
    in_force
        "none"; "random": in two of three days a plan in force that breaks rules now and then, with done
        visits, times of its own and lost vehicles; "feasible": always one that keeps every rule as it stands
        (`feasible_plan`), with done visits, but nothing lost.
    changes
        Fields of `RouteProblem` instead of the random ones.
    """
    rng = np.random.default_rng(seed)
    n_vehicles, n_tips, materials = (int(rng.integers(*span)) for span in ((2, 5), (1, 3), (1, 3)))
    n = int(rng.integers(4, 10)) if n_stops is None else n_stops
    n_locations = 2 + 2 * n + n_tips
    travel_s = (rng.integers(1, 9, (n_locations, n_locations)) * 60 + rng.integers(0, 60)).astype(np.float64)
    np.fill_diagonal(travel_s, 0.0)
    dist_m = travel_s * rng.integers(5, 12, travel_s.shape)
    problem = RouteProblem(
        travel_s=travel_s,
        dist_m=dist_m,
        fleet=_random_fleet(rng, n_vehicles, materials),
        stops=_random_stops(rng, n, n_vehicles, materials),
        tips=_random_tips(rng, n_tips, n_locations, materials),
        weights=RouteWeights(
            1.0, 0.01, 2.0, float(rng.choice([0.0, 50.0, 500.0])), float(rng.choice([0, 0.5]))
        ),
    )
    problem = replace(problem, **changes)
    if problem.in_force is not None or in_force == "none" or (in_force == "random" and rng.random() < 1 / 3):
        return problem
    if in_force == "feasible":
        return _with_feasible_past(problem, rng)
    return _with_random_past(problem, rng)


def _random_fleet(rng: np.random.Generator, n: int, materials: int) -> Fleet:
    earliest = rng.integers(0, 1_800, n)
    start = rng.integers(0, 600, n)
    return make_fleet(
        n,
        materials,
        start=rng.integers(0, 2, n),
        end=rng.integers(0, 2, n),
        shift_start_s=start,
        shift_end_s=start + rng.integers(3_000, 7_200, n),
        max_overtime_s=rng.choice([0, 600, 1_800], n),
        capacity=rng.integers(3, 10, (n, materials)),
        daily_load=np.where(rng.random((n, materials)) < 0.2, rng.integers(5, 12, (n, materials)), np.inf),
        daily_stops=np.where(rng.random(n) < 0.3, rng.integers(2, 6, n), np.inf),
        max_trips=rng.integers(1, 4, n),
        break_earliest_s=earliest,
        break_latest_s=earliest + rng.integers(300, 3_000, n),
        break_s=rng.choice([0, 300, 900], n),
        skills=rng.integers(0, 4, n) | rng.integers(0, 4, n),
        turns=rng.random(n) < 0.7,
        fixed_cost=rng.choice([0.0, 100.0], n),
    )


def _random_stops(rng: np.random.Generator, n: int, n_vehicles: int, materials: int) -> Stops:
    entry = 2 + np.arange(n)
    one_sided = rng.random(n) < 0.5
    load = rng.integers(0, 4, (n, materials))
    lock = np.where(rng.random(n) < 0.15, rng.integers(0, n_vehicles, n), ANYWHERE)
    return make_stops(
        n,
        materials,
        windows={i: _random_spans(rng, 7_200) for i in range(n) if rng.random() < 0.5},
        bans={i: _random_spans(rng, 3_600) for i in range(n) if rng.random() < 0.4},
        entry=entry,
        exit=np.where(one_sided, entry, entry + n),
        either_way=rng.random(n) < 0.4,
        service_s=rng.integers(0, 10, n) * 30,
        load=load,
        no_reversing=rng.random(n) < 0.15,
        skills=np.where(rng.random(n) < 0.3, rng.integers(0, 4, n), 0),
        release_s=np.where(rng.random(n) < 0.2, rng.integers(0, 2_400, n), -np.inf),
        unserved_cost=rng.choice([500.0, 5_000.0, 20_000.0], n),
        locked_vehicle=lock,
        locked_position=np.where(rng.random(n) < 0.1, rng.integers(0, 3, n), ANYWHERE),
    )


def _random_tips(rng: np.random.Generator, n: int, n_locations: int, materials: int) -> Tips:
    takes = rng.random((n, materials)) < 0.7
    takes[rng.integers(0, n)] |= ~takes.any(axis=0)
    return make_tips(
        n,
        n_locations - n,
        materials,
        windows={i: _random_spans(rng, 9_000) for i in range(n) if rng.random() < 0.5},
        service_s=rng.integers(1, 5, n) * 60,
        takes=takes,
    )


def _random_spans(rng: np.random.Generator, longest_s: int) -> list[tuple[float, float]]:
    """One or two spans in order and apart."""
    spans, at = [], 0
    for _ in range(int(rng.integers(1, 3))):
        begin = at + int(rng.integers(0, 1_800))
        at = begin + int(rng.integers(60, longest_s))
        spans.append((float(begin), float(at)))
        at += 60
    return spans


def random_plan(problem: RouteProblem, seed: int) -> DayPlan:
    """A random plan that keeps few rules: stops anywhere, tips and breaks strewn in, frozen mostly kept."""
    rng = np.random.default_rng((seed, 7))
    n_vehicles, past = len(problem.fleet), problem.in_force
    careful = rng.random() < 0.8
    rounds: list[list[Visit]] = [[] for _ in range(n_vehicles)]
    open_to = list(range(n_vehicles))
    if past is not None and careful:
        rounds = [list(r[:d]) for r, d in zip(past.plan.rounds, past.done.tolist(), strict=True)]
        open_to = [v for v in open_to if not past.lost[v]] or open_to
    served = {v.index for r in rounds for v in r if v.kind == Kind.STOP}
    unserved = []
    for stop in rng.permutation(len(problem.stops)).tolist():
        if stop in served:
            continue
        if rng.random() < 0.1:
            unserved.append(stop)
            continue
        vehicle = int(rng.choice(open_to))
        backward = bool(rng.random() < (0.5 if problem.stops.either_way[stop] else 0.03))
        rounds[vehicle].append(Visit(Kind.STOP, stop, backward))
        if rng.random() < 0.25:
            rounds[vehicle].append(Visit(Kind.TIP, int(rng.integers(0, len(problem.tips)))))
    for vehicle in open_to:
        _strew(problem, rng, vehicle, rounds[vehicle])
    return DayPlan(tuple(tuple(r) for r in rounds), tuple(sorted(unserved)))


def _strew(problem: RouteProblem, rng: np.random.Generator, vehicle: int, visits: list[Visit]) -> None:
    """Tips at the end and a break somewhere, in most rounds."""
    past = problem.in_force
    first = 0 if past is None else min(int(past.done[vehicle]), len(visits))
    if visits and rng.random() < 0.9:
        visits.extend(Visit(Kind.TIP, t) for t in range(len(problem.tips)) if rng.random() < 0.8)
    rests = any(v.kind == Kind.BREAK for v in visits)
    if visits and rng.random() < (0.1 if rests or problem.fleet.break_s[vehicle] == 0 else 0.8):
        visits.insert(int(rng.integers(first, len(visits) + 1)), Visit(Kind.BREAK, int(rng.integers(0, 2))))


def _with_random_past(problem: RouteProblem, rng: np.random.Generator) -> RouteProblem:
    of = random_plan(problem, int(rng.integers(1 << 30)))
    n_vehicles = len(problem.fleet)
    done = np.array([_closed(r, int(rng.integers(0, len(r) + 1)) // 2) for r in of.rounds], dtype=np.int64)
    free_s = problem.fleet.shift_start_s + rng.integers(300, 2_400, n_vehicles)
    free_s = np.where((done > 0) & (rng.random(n_vehicles) < 0.6), free_s, np.nan)
    lost = rng.random(n_vehicles) < 0.2
    return replace(problem, in_force=InForce(of, done, free_s, lost))


def _closed(visits: Round, done: int) -> int:
    """Not more than `done`, and not ending with a crew resting at the place of the visit after it."""
    while done and visits[done - 1] == Visit(Kind.BREAK, BREAK_ON_ARRIVAL):
        done -= 1
    return done


def _with_feasible_past(problem: RouteProblem, rng: np.random.Generator) -> RouteProblem:
    of = feasible_plan(problem, int(rng.integers(1 << 30)))
    done = [_closed(r, int(rng.integers(0, len(r) + 1)) // 2) for r in of.rounds]
    return with_in_force(problem, of, done=done)


def feasible_plan(problem: RouteProblem, seed: int, tries_per_stop: int = 12) -> DayPlan:
    """A plan that keeps every rule: stops in random order, put to random places while the checker agrees.

    Starts from what is done in the plan in force, where that keeps every rule by itself, and from the round
    in force otherwise. Stops that find no place in `tries_per_stop` tries stay unserved.
    """
    from optimiser.routes.checker import Checker

    rng = np.random.default_rng((seed, 11))
    checker = Checker(problem)
    past, n_vehicles = problem.in_force, len(problem.fleet)
    first = [0] * n_vehicles if past is None else past.done.tolist()
    rounds = [() if past is None else past.plan.rounds[v][: first[v]] for v in range(n_vehicles)]
    open_to = [v for v in range(n_vehicles) if past is None or not past.lost[v]]
    if past is not None:
        whole = [v for v in open_to if not checker.check_round(v, rounds[v]).feasible]
        rounds = [past.plan.rounds[v] if v in whole else r for v, r in enumerate(rounds)]
    served = {v.index for r in rounds for v in r if v.kind == Kind.STOP}
    unserved = []
    for stop in rng.permutation(len(problem.stops)).tolist():
        if stop in served:
            continue
        for _ in range(tries_per_stop if open_to else 0):
            vehicle = int(rng.choice(open_to))
            backward = bool(problem.stops.either_way[stop] and rng.random() < 0.5)
            tried = _with_stop(
                problem, rng, rounds[vehicle], first[vehicle], Visit(Kind.STOP, stop, backward)
            )
            if checker.check_round(vehicle, tried).feasible:
                rounds[vehicle] = tried
                break
        else:
            unserved.append(stop)
    return DayPlan(tuple(rounds), tuple(sorted(unserved)))


def _with_stop(
    problem: RouteProblem, rng: np.random.Generator, visits: Round, first: int, visit: Visit
) -> Round:
    """The round with the visit somewhere, tips for all materials at its end, perhaps a break anew."""
    free = list(visits[first:])
    if rng.random() < 0.5:
        free = [v for v in free if v.kind != Kind.BREAK]
        rests = any(v.kind == Kind.BREAK for v in visits[:first])
        if not rests and rng.random() < 0.7:
            free.insert(int(rng.integers(0, len(free) + 1)), Visit(Kind.BREAK, int(rng.integers(0, 2))))
    free.insert(int(rng.integers(0, len(free) + 1)), visit)
    last_stop = max(i for i, v in enumerate(free) if v.kind == Kind.STOP)
    needed = np.ones(problem.tips.takes.shape[1], dtype=bool)
    for later in free[last_stop + 1 :]:
        if later.kind == Kind.TIP:
            needed &= ~problem.tips.takes[later.index]
    for tip in rng.permutation(len(problem.tips)).tolist():
        if (problem.tips.takes[tip] & needed).any():
            needed &= ~problem.tips.takes[tip]
            free.append(Visit(Kind.TIP, tip))
    return (*visits[:first], *free)


def days(**changes: Any) -> SearchStrategy[RouteProblem]:
    """Random days by `random_day`; `changes` as there. Shrinks by seed only."""
    return st.integers(0, 100_000).map(lambda seed: random_day(seed, **changes))
