"""Kim's waste collection instances: time windows, several disposal sites, daily caps, a lunch break.

Source: Kim, Kim & Sahoo, Waste collection vehicle routing problem with time windows, Computers & Operations
Research 33 (2006), and the description published with the files: Manhattan distances between coordinates in
feet, one speed for all roads. Cost is published in miles. Called by commands and benchmarks with a file's
text; never reads one.
"""

import math
import re
from dataclasses import dataclass

import numpy as np

from optimiser.routes.arrays import FloatArray, IntArray, RouteInputError
from optimiser.routes.fleet import Fleet
from optimiser.routes.formats.instance import Instance
from optimiser.routes.formats.uniform import plain_stops, plain_tips, uniform_fleet
from optimiser.routes.problem import RouteProblem

M_PER_FT = 0.3048
M_PER_MILE = 1609.344
"""The international foot and mile, exact; 5,280 ft to the mile."""
LUNCH_START_S = (11 * 3600.0, 12 * 3600.0)
"""The files say so in words in their fourth line."""
DEPOT, STOP, LANDFILL = 0, 1, 2
SPARE_SHARE, SPARE_VEHICLES = 0.5, 3
"""Vehicles above the estimated need; the files set no limit, and one not used costs nothing."""
HEAD_LINES = 6
COLUMNS = 8
MOST_LINES = 5_000
"""The largest published instance has 2,100 stops."""

_HEAD = (
    "vehicle capacity in yards",
    "yards a vehicle may collect in a day",
    "stops a vehicle may serve in a day",
    "lunch in seconds",
    "speed in miles per hour",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Sites:
    """Rows of the file: ids and a table of x_ft, y_ft, open_s, close_s, service_s, load, type."""

    ids: tuple[str, ...]
    table: FloatArray


def looks_like_kim(text: str) -> bool:
    """Whether the text begins with Kim's five lines of a number and a comment, then the header of sites."""
    lines = text.splitlines()[:HEAD_LINES]
    return len(lines) == HEAD_LINES and lines[-1].lstrip().startswith("Stop_ID")


def read_kim(text: str, name: str = "", best_known: float | None = None) -> Instance:
    """Return the instance in one of Kim's `*_stop.txt` files.

    Raises
    ------
    RouteInputError
        Naming the line, what it holds and what would be right.
    """
    lines = text.splitlines()
    if not looks_like_kim(text) or len(lines) > MOST_LINES:
        raise RouteInputError(
            "Kim file",
            f"{len(lines)} lines",
            f"five numbers, the line Stop_ID …, sites; {MOST_LINES:,} lines",
        )
    capacity, daily_load, daily_stops, lunch_s, speed_mph = (
        _head_number(lines[i], i + 1, what) for i, what in enumerate(_HEAD)
    )
    sites = _sites(lines)
    order = np.concatenate([np.flatnonzero(sites.table[:, 6] == type_) for type_ in (DEPOT, LANDFILL, STOP)])
    ids, table = tuple(sites.ids[i] for i in order), sites.table[order]
    n_tips = int((table[:, 6] == LANDFILL).sum())
    if (table[:, 6] == DEPOT).sum() != 1 or n_tips == 0:
        raise RouteInputError(
            "Stop_Type", table[:, 6].astype(int).tolist()[:9], "one 0 (depot), a 2 (landfill) or more"
        )
    xy_m = table[:, :2] * M_PER_FT
    dist_m = np.abs(xy_m[:, None, :] - xy_m[None, :, :]).sum(axis=2)
    travel_s = dist_m / (speed_mph * M_PER_MILE / 3600)
    tips, stops = slice(1, 1 + n_tips), slice(1 + n_tips, None)
    numbers = np.arange(len(ids))
    fleet = _fleet(table, n_tips, travel_s, (capacity, daily_load, daily_stops, lunch_s))
    problem = RouteProblem(
        travel_s=travel_s,
        dist_m=dist_m,
        fleet=fleet,
        stops=plain_stops(
            ids[stops],
            numbers[stops],
            service_s=table[stops, 4],
            load=table[stops, 5],
            window_s=table[stops, 2:4],
        ),
        tips=plain_tips(ids[tips], numbers[tips], service_s=table[tips, 4], window_s=table[tips, 2:4]),
    )
    return Instance(
        name, problem, "kim", best_known, cost_per_m=1 / M_PER_MILE, location_ids=ids, materials=("waste",)
    )


def _head_number(line: str, number: int, what: str) -> float:
    found = re.match(r"\s*(\d+(?:\.\d*)?)(?:\s|$)", line)
    if found is None or (what.startswith("speed") and float(found[1]) <= 0):
        raise RouteInputError(f"line {number}", repr(line[:40]), f"{what}, a number")
    return float(found[1])


def _sites(lines: list[str]) -> _Sites:
    ids: list[str] = []
    rows: list[list[float]] = []
    for number, line in enumerate(lines[HEAD_LINES:], start=HEAD_LINES + 1):
        words = line.split()
        if not words:
            continue
        if len(words) != COLUMNS:
            raise RouteInputError(f"line {number}", f"{len(words)} values", f"{COLUMNS} values")
        try:
            x_ft, y_ft, opens, closes, service_s, load, type_ = map(float, words[1:])
        except ValueError as error:
            raise RouteInputError(f"line {number}", repr(line[:60]), "numbers") from error
        if type_ not in (DEPOT, STOP, LANDFILL):
            raise RouteInputError(f"line {number}", type_, "type 0 (depot), 1 (stop) or 2 (landfill)")
        ids.append(words[0])
        rows.append([x_ft, y_ft, _clock_s(opens, number), _clock_s(closes, number), service_s, load, type_])
    if not rows:
        raise RouteInputError("Kim file", "no sites", "a depot, landfills and stops")
    return _Sites(tuple(ids), np.array(rows))


def _clock_s(hhmm: float, number: int) -> float:
    """Seconds of the day of a time written HHMM; 2400 is midnight at the day's end."""
    hours, minutes = divmod(hhmm, 100)
    if not (0 <= hhmm <= 2400 and minutes < 60 and minutes == int(minutes)):
        raise RouteInputError(f"line {number}", hhmm, "a time HHMM, 0000 to 2400")
    return hours * 3600 + minutes * 60


def _fleet(
    table: FloatArray, n_tips: int, travel_s: FloatArray, head: tuple[float, float, float, float]
) -> Fleet:
    capacity, daily_load, daily_stops, lunch_s = head
    stops = np.arange(1 + n_tips, len(table))
    load, open_s, close_s = float(table[stops, 5].sum()), float(table[0, 2]), float(table[0, 3])
    trips = math.ceil(load / capacity) if len(stops) else 0
    busy_s = _busy_s(table, n_tips, travel_s, stops, trips)
    need = max(load / daily_load, len(stops) / daily_stops, busy_s / max(close_s - open_s - lunch_s, 1.0))
    size = math.ceil((1 + SPARE_SHARE) * math.ceil(need)) + SPARE_VEHICLES
    return uniform_fleet(
        min(size, max(len(stops), 1)),
        shift_s=(open_s, close_s),
        capacity=capacity,
        max_trips=max(trips, 1) + n_tips,
        daily_load=daily_load,
        daily_stops=daily_stops,
        break_s=lunch_s,
        break_start_s=LUNCH_START_S,
    )


def _busy_s(table: FloatArray, n_tips: int, travel_s: FloatArray, stops: IntArray, trips: int) -> float:
    """Estimate the crews' working time: services, tipping, a nearest-neighbour tour and ways to the tips."""
    if not len(stops):
        return 0.0
    tour_s, here, left = 0.0, 0, np.ones(len(table), dtype=np.bool_)
    left[: 1 + n_tips] = False
    for _ in stops:
        there = int(np.where(left, travel_s[here], np.inf).argmin())
        tour_s += float(travel_s[here, there])
        left[there], here = False, there
    to_tip_s = float(travel_s[stops, 1 : 1 + n_tips].min(axis=1).mean())
    tipping_s = float(table[1 : 1 + n_tips, 4].mean())
    return float(table[stops, 4].sum()) + tour_s + trips * (tipping_s + 2 * to_tip_s)
