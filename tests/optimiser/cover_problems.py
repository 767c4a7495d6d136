"""Random cover problems for tests: tiny ones for brute force, and synthetic cities of London's size.

Called by the cover tests only. Everything comes from the seed; nothing is read from disk.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser.cover.arrays import Float32Array, FloatArray
from optimiser.cover.move_cost import MoveCostRule
from optimiser.cover.problem import CoverProblem
from optimiser.cover.scene import Scene
from optimiser.cover.standard import Standard


def small_problem(seed: int, **changes: Any) -> CoverProblem:
    """A problem small enough to try every plan: 2-5 stations, 1-7 zones, 1-5 appliances, 1-2 kinds."""
    rng = np.random.default_rng(seed)
    n_stations, n_zones = int(rng.integers(2, 6)), int(rng.integers(1, 8))
    n_appliances, n_kinds = int(rng.integers(1, 6)), int(rng.integers(1, 3))
    times_s = [60, 120, 200, 300, 360, 361, 400, 480, 500, 700, 1790, 1900]
    attendance_s = rng.choice(times_s, (n_stations, n_zones)).astype(np.float32)
    attendance_s[rng.random(attendance_s.shape) < 0.05] = np.inf
    demand_per_h = rng.random((n_kinds, n_zones)) * rng.choice([0.0, 0.1, 1.0], (n_kinds, n_zones))
    move_cost = rng.choice([0.0, 5.0, 20.0, 60.0], (n_stations, n_stations))
    # Between some stations, or (nearly) all of them, there is no way.
    move_cost[rng.random(move_cost.shape) < rng.choice([0.0, 0.3, 0.9])] = np.inf
    np.fill_diagonal(move_cost, 0.0)
    n_forbidden = int(rng.integers(0, 3))
    fields: dict[str, Any] = {
        "standards": (Standard(), Standard.first_only(400.0, 500.0))[:n_kinds],
        "demand_per_h": demand_per_h,
        "attendance_s": attendance_s,
        "appliance_kind": rng.integers(0, n_kinds, n_appliances),
        "appliance_station": rng.integers(0, n_stations, n_appliances),
        "available": rng.random(n_appliances) < 0.85,
        "locked": rng.random(n_appliances) < 0.15,
        "home": rng.integers(0, n_stations, n_appliances),
        "move_cost": move_cost,
        "bays": rng.integers(0, 3, n_stations) if rng.random() < 0.5 else None,
        "min_cover": rng.integers(0, 3, n_stations) if rng.random() < 0.4 else None,
        "homeward_factor": float(rng.choice([0.0, 0.5, 1.0])),
        "forbidden": frozenset(
            (int(rng.integers(0, n_appliances)), int(rng.integers(0, n_stations))) for _ in range(n_forbidden)
        ),
        "max_moves": int(rng.integers(0, 4)),
    }
    return CoverProblem(**(fields | changes))


def timed_problem(seed: int, **changes: Any) -> CoverProblem:
    """A small problem with scenes, driving times, and charges for departing and undoing."""
    base = small_problem(seed, **changes)
    rng = np.random.default_rng((seed, 1))
    shape = (base.n_kinds, base.n_stations)
    stays = np.zeros(shape, dtype=np.int64)
    fixed = base.available & base.locked
    np.add.at(stays, (base.appliance_kind[fixed], base.appliance_station[fixed]), 1)
    cuts = np.sort(rng.integers(1, 4, int(rng.integers(0, 3)))) / 4.0
    shares = np.diff(np.unique(np.concatenate([[0.0], cuts, [1.0]])))
    scenes = tuple(Scene(float(share), np.maximum(rng.integers(-1, 2, shape), -stays)) for share in shares)
    road_s = rng.choice([60.0, 600.0, 5_000.0], (base.n_stations, base.n_stations))
    pairs = frozenset(
        (int(rng.integers(base.n_appliances)), int(rng.integers(base.n_stations))) for _ in range(3)
    )
    return replace(
        base,
        scenes=scenes,
        road_s=road_s if rng.random() < 0.7 else None,
        departing_charge=rng.choice([0.0, 7.0, 30.0], base.n_appliances) if rng.random() < 0.7 else None,
        undoing=pairs,
        undoing_charge=float(rng.choice([0.0, 11.0])),
    )


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """A synthetic region: what stays the same from picture to picture."""

    attendance_s: Float32Array
    move_cost: FloatArray
    demand_per_h: FloatArray
    standards: tuple[Standard, ...]
    station_en: FloatArray
    home: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"
    bays: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"


def synthetic_city(seed: int, n_stations: int = 102, n_zones: int = 4835, n_appliances: int = 142) -> City:
    """A city denser towards its middle; runs take a square root of short and a line of long distances."""
    rng = np.random.default_rng(seed)
    side_m = 45_000.0 * np.sqrt(n_stations / 102)
    stations, zones = _scatter(rng, n_stations, side_m), _scatter(rng, n_zones, side_m)
    demand = rng.lognormal(0.0, 0.7, n_zones)
    between_s = _run_s(stations, stations)
    np.fill_diagonal(between_s, 0.0)
    second = rng.choice(n_stations, n_appliances - n_stations, replace=False)
    home = np.concatenate([np.arange(n_stations), second]).astype(np.int64)
    return City(
        attendance_s=(_run_s(stations, zones) + 75.0).astype(np.float32),
        move_cost=MoveCostRule(fixed=15.0).matrix(between_s),
        demand_per_h=(demand / demand.sum() * 14.0 * n_stations / 102)[None, :],
        standards=(Standard(),),
        station_en=stations,
        home=home,
        bays=np.bincount(home, minlength=n_stations) + 1,
    )


def busy_state(city: City, seed: int, **changes: Any) -> CoverProblem:
    """A picture of the city: 10 to 70 appliances committed, in half of the seeds around large incidents."""
    rng = np.random.default_rng(seed)
    n_appliances = len(city.home)
    committed = int(rng.integers(10, 71) * n_appliances / 142)
    available = np.ones(n_appliances, dtype=bool)
    if seed % 2:
        for _ in range(int(rng.integers(1, 3))):
            centre = city.station_en[rng.integers(len(city.station_en))]
            far = np.hypot(*(city.station_en[city.home] - centre).T)
            far[~available] = np.inf
            available[np.argsort(far)[: committed // 3]] = False
    left = np.flatnonzero(available)
    extra = committed - int((~available).sum())
    available[rng.choice(left, max(0, extra), replace=False)] = False
    fields: dict[str, Any] = {
        "standards": city.standards,
        "demand_per_h": city.demand_per_h,
        "attendance_s": city.attendance_s,
        "appliance_kind": np.zeros(n_appliances, dtype=np.int64),
        "appliance_station": city.home,
        "available": available,
        "locked": np.zeros(n_appliances, dtype=bool),
        "home": city.home,
        "move_cost": city.move_cost,
        "bays": city.bays,
    }
    return CoverProblem(**(fields | changes))


def _scatter(rng: np.random.Generator, n: int, side_m: float) -> FloatArray:
    middle = rng.normal(0.5, 0.16, (n // 2, 2))
    around = rng.random((n - n // 2, 2))
    points: FloatArray = np.clip(np.concatenate([middle, around]), 0.0, 1.0) * side_m
    return points


def _run_s(origins: FloatArray, destinations: FloatArray) -> FloatArray:
    dist_m = np.hypot(*(origins[:, None, :] - destinations[None, :, :]).transpose(2, 0, 1))
    # Kolesar, Walker and Hausner 1975: square root of short runs, a line for long ones, joined smoothly.
    short_m, factor = 4_000.0, 4.6
    run: FloatArray = np.where(
        dist_m <= short_m,
        factor * np.sqrt(dist_m),
        factor * (np.sqrt(short_m) + (dist_m - short_m) / (2.0 * np.sqrt(short_m))),
    )
    return run
