"""Depots, tips, vehicles and landmarks of a generated council.

Called by the demo council. Never places a house, and never plans a round.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from geo.arrays import FloatArray, IntArray
from geo.council_parts import CollectionStops, Depots, Landmarks, TipSites, Vehicles
from geo.demo_council_homes import NARROW_SKILL
from geo.demo_council_streets import DemoGround
from geo.demo_streets import LOCAL, MOTORWAY
from geo.place_names import place_names

HOUR_S = 3_600.0
# Tips: two windows each, for one is closed at midday.
TIP_HOURS_S = (
    ((7.0 * HOUR_S, 16.5 * HOUR_S), (np.inf, np.inf)),
    ((6.5 * HOUR_S, 12.0 * HOUR_S), (12.75 * HOUR_S, 17.0 * HOUR_S)),
    ((7.5 * HOUR_S, 17.0 * HOUR_S), (np.inf, np.inf)),
)
TIP_NAMES = ("Transfer Station", "Energy Recovery Facility", "Waste Yard")
TIP_S = (780.0, 1_020.0, 720.0)
# Kilograms a vehicle holds: of 32, 26 and 18 tonnes, and the small one that gets through narrow streets.
LARGE_KG, MIDDLE_KG, SMALL_KG, NARROW_KG = 11_600.0, 9_800.0, 6_200.0, 4_200.0
CAPACITIES_KG = (MIDDLE_KG, LARGE_KG, MIDDLE_KG, MIDDLE_KG, SMALL_KG, LARGE_KG, MIDDLE_KG)
# Vehicles whose rear axle steers, and the two small kinds, turn where nobody may reverse.
TURNS_EVERY = 3
NARROW_EVERY = 6
SHIFT_START_S, SHIFT_S = 6 * HOUR_S, 8.5 * HOUR_S
# Crews leave in waves, so that the gate is not blocked.
WAVES = 3
WAVE_S = 900.0
MAX_OVERTIME_S = 1.5 * HOUR_S
BREAK_FROM_S, BREAK_UNTIL_S, BREAK_S = 9.0 * HOUR_S, 12.0 * HOUR_S, 2_700.0
MAX_TRIPS = 6
SCHOOL = "Primary School"
NEAR_CENTRE = ("Station", "Market Hall", "Town Hall", "Library", "Theatre", "Museum")
ELSEWHERE = ("Hospital", "Park", "Leisure Centre", "Retail Park", "Cemetery", "Stadium", "College", "Common")
EXTENT_M = {"Park": 250.0, "Common": 350.0, "Hospital": 180.0, "Retail Park": 200.0, "Cemetery": 180.0}
USUAL_EXTENT_M = 90.0


def make_landmarks(ground: DemoGround, schools: int, rng: np.random.Generator) -> tuple[Landmarks, Landmarks]:
    """Return all landmarks, the schools among them, and the schools by themselves."""
    en = ground.roads.node_en
    middle = en.mean(axis=0)
    away_m = np.hypot(*(en - middle).T)
    inner = np.flatnonzero(away_m < np.quantile(away_m, 0.15))
    spots = np.concatenate(
        [
            rng.choice(inner, len(NEAR_CENTRE), replace=False),
            rng.choice(len(en), len(ELSEWHERE) + schools, replace=False),
        ]
    )
    town, *others = place_names(1 + schools, int(rng.integers(2**31)))
    names = [f"{ground.name} {kind}" if kind == "Station" else kind for kind in NEAR_CENTRE]
    names += [f"{town} {kind}" if kind in EXTENT_M else f"{ground.name} {kind}" for kind in ELSEWHERE]
    names += [f"{other} {SCHOOL}" for other in others]
    extent_m = np.array([EXTENT_M.get(kind, USUAL_EXTENT_M) for kind in (*NEAR_CENTRE, *ELSEWHERE)])
    extent_m = np.concatenate([extent_m, np.full(schools, USUAL_EXTENT_M)])
    first = len(NEAR_CENTRE) + len(ELSEWHERE)
    return (
        Landmarks(tuple(names), en[spots], extent_m),
        Landmarks(tuple(names[first:]), en[spots[first:]], extent_m[first:]),
    )


def make_sites(
    ground: DemoGround, stops: CollectionStops, depots: int, tips: int, rng: np.random.Generator
) -> tuple[Depots, TipSites]:
    """Place depots where the work is, and tips between and beyond them, on main roads where there are any."""
    candidates = _main_nodes(ground)
    en = ground.roads.node_en
    places = _middles(stops.en, stops.households.astype(np.float64), depots, rng)
    nodes = _distinct(en, candidates, places)
    # Tips: one in the middle of all, the others a little further out, away from the depots.
    middle = en[nodes].mean(axis=0)
    reach_m = float(np.quantile(np.hypot(*(stops.en - stops.en.mean(axis=0)).T), 0.5))
    turn = rng.uniform(0, 2 * np.pi) + np.arange(tips) * 2 * np.pi / max(tips - 1, 1)
    around = middle + reach_m * np.column_stack([np.cos(turn), np.sin(turn)])
    around[0] = stops.en.mean(axis=0)
    others = np.setdiff1d(candidates, nodes)
    tip_nodes = _distinct(en, others, around)
    kinds = np.arange(tips) % len(TIP_NAMES)
    hours = np.array(TIP_HOURS_S)[kinds]
    names = place_names(depots + tips, int(rng.integers(2**31)))
    return (
        Depots(
            tuple(f"D{at + 1}" for at in range(depots)),
            tuple(f"{name} Depot" for name in names[:depots]),
            nodes,
            en[nodes],
        ),
        TipSites(
            ids=tuple(f"T{at + 1}" for at in range(tips)),
            names=tuple(f"{n} {TIP_NAMES[k]}" for n, k in zip(names[depots:], kinds, strict=True)),
            node=tip_nodes,
            en=en[tip_nodes],
            open_s=hours[:, :, 0],
            close_s=hours[:, :, 1],
            service_s=np.array(TIP_S)[kinds],
            takes=np.ones((tips, stops.load.shape[1]), dtype=bool),
        ),
    )


def make_vehicles(depots: Depots, stops: CollectionStops, count: int) -> Vehicles:
    """Return so many vehicles; each depot has as many as the work nearer to it than to the others needs."""
    nearest = KDTree(depots.en).query(stops.en)[1]
    work = np.bincount(nearest, weights=stops.service_s, minlength=len(depots.ids))
    at_most = np.floor(np.cumsum(work) / work.sum() * count + 0.5).astype(np.int64)
    depot = np.searchsorted(at_most, np.arange(count), side="right")
    number = np.arange(count)
    narrow = number % NARROW_EVERY == min(3, count - 1)
    capacity = np.where(narrow, NARROW_KG, np.array(CAPACITIES_KG)[number % len(CAPACITIES_KG)])
    start_s = (SHIFT_START_S + WAVE_S * (number % WAVES)).astype(np.float64)
    every = np.ones(count)
    return Vehicles(
        ids=tuple(f"RCV{at + 1:02d}" for at in range(count)),
        depot=depot,
        shift_start_s=start_s,
        shift_end_s=start_s + SHIFT_S,
        max_overtime_s=MAX_OVERTIME_S * every,
        capacity=capacity[:, None],
        break_earliest_s=BREAK_FROM_S * every,
        break_latest_s=BREAK_UNTIL_S * every,
        break_s=BREAK_S * every,
        max_trips=np.full(count, MAX_TRIPS),
        skills=np.where(narrow, NARROW_SKILL, 0),
        turns=narrow | (capacity == SMALL_KG) | (number % TURNS_EVERY == 0),
    )


def _main_nodes(ground: DemoGround) -> IntArray:
    """Return the nodes on main roads, or all where there are too few."""
    on_main = (ground.blocks.speed_class != LOCAL) & (ground.blocks.speed_class != MOTORWAY)
    nodes = np.unique(ground.blocks.tail[on_main])
    return nodes if len(nodes) >= 12 else np.arange(len(ground.roads.node_en))


def _middles(en: FloatArray, weight: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Return the middles of so many groups of the places: Lloyd's rounds."""
    middle = en[rng.choice(len(en), count, replace=False)]
    for _ in range(20):
        owner = KDTree(middle).query(en)[1]
        mass = np.bincount(owner, weights=weight, minlength=count)
        for axis in (0, 1):
            total = np.bincount(owner, weights=weight * en[:, axis], minlength=count)
            middle[:, axis] = np.where(mass > 0, total / np.maximum(mass, 1e-9), middle[:, axis])
    return middle


def _distinct(en: FloatArray, candidates: IntArray, places: FloatArray) -> IntArray:
    """Return the nearest candidate to each place, none twice."""
    chosen: list[int] = []
    for place in places:
        order = candidates[np.argsort(np.hypot(*(en[candidates] - place).T), kind="stable")]
        chosen.append(next(int(node) for node in order if int(node) not in chosen))
    return np.array(chosen, dtype=np.int64)
