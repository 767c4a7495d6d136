"""A council, or some of its vehicles and stops, as a question to the route engine; and rounds as words.

Called by the builder of the morning's rounds and by the live day. Never solves, and knows nothing of the day:
no plan in force, no locks, no stops but the council's own. Locations of a problem are the nodes it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.council import BACKWARD_SUFFIX, TIP_PREFIX, Council
from geo.council_travel import Ways
from optimiser.routes.arrays import FloatArray, IntArray
from optimiser.routes.fleet import Fleet
from optimiser.routes.plan import BREAK_BEFORE_LEAVING, BREAK_ON_ARRIVAL, Kind, Round, Visit
from optimiser.routes.problem import RouteProblem, RouteWeights
from optimiser.routes.stops import ANYWHERE, Stops, Tips

SECONDS_OF_HOUR = 3_600.0
METRES_OF_KM = 1_000.0
BREAK_WORDS = {BREAK_BEFORE_LEAVING: "break", BREAK_ON_ARRIVAL: "break>"}
BREAK_OF_WORD = {word: kind for kind, word in BREAK_WORDS.items()}


class CouncilProblem(NamedTuple):
    """A problem and what its numbers stand for.

    Attributes
    ----------
    vehicles, stops
        Number in the council of each vehicle and stop of the problem; its tips are the council's.
    nodes
        Node of the council's roads of each location.
    """

    problem: RouteProblem
    vehicles: IntArray
    stops: IntArray
    nodes: IntArray


def council_problem(
    council: Council,
    vehicles: npt.ArrayLike | None = None,
    stops: npt.ArrayLike | None = None,
    ways: Ways | None = None,
) -> CouncilProblem:
    """Pose a council's day, from nothing.

    Parameters
    ----------
    vehicles, stops
        Numbers of those that take part; None for all.
    ways
        Times and distances between the council's nodes where they differ from its own, all finite between
        the nodes needed.

    Raises
    ------
    RouteInputError
        Where no way is left between two of the nodes.
    """
    chosen = _chosen(vehicles, len(council.vehicles.ids))
    served = _chosen(stops, len(council.stops.ids))
    nodes = needed_nodes(council, chosen, served)
    location = location_of(len(council.roads.node_en), nodes)
    travel_s, dist_m = matrices(ways or Ways(council.travel_s, council.dist_m), nodes)
    problem = RouteProblem(
        travel_s=travel_s,
        dist_m=dist_m,
        fleet=fleet_of(council, chosen, location),
        stops=stops_of(council, served, location),
        tips=tips_of(council, location),
        weights=weights_of(council),
    )
    return CouncilProblem(problem, chosen, served, nodes)


def _chosen(numbers: npt.ArrayLike | None, count: int) -> IntArray:
    return np.arange(count) if numbers is None else np.asarray(numbers, dtype=np.int64)


def needed_nodes(council: Council, vehicles: IntArray, stops: IntArray) -> IntArray:
    """Return the nodes that these vehicles and stops and all tips stand at, rising, each once."""
    depots = council.depots.node[council.vehicles.depot[vehicles]]
    return np.unique(
        np.concatenate([depots, council.tips.node, council.stops.entry[stops], council.stops.exit[stops]])
    )


def location_of(count: int, nodes: IntArray) -> IntArray:
    """Return the location of each of the council's nodes; -1 for those that are none of `nodes`."""
    location = np.full(count, -1, dtype=np.int64)
    location[nodes] = np.arange(len(nodes))
    return location


def matrices(ways: Ways, nodes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return seconds and metres between these nodes, float64."""
    pairs = np.ix_(nodes, nodes)
    return ways.travel_s[pairs].astype(np.float64), ways.dist_m[pairs].astype(np.float64)


def weights_of(council: Council) -> RouteWeights:
    """Return the council's costs by the second and the metre."""
    costs = council.costs
    return RouteWeights(
        per_drive_s=costs.drive_h / SECONDS_OF_HOUR,
        per_m=costs.km / METRES_OF_KM,
        per_overtime_s=costs.overtime_h / SECONDS_OF_HOUR,
        per_moved_stop=costs.moved_stop,
    )


def fleet_of(council: Council, vehicles: IntArray, location: IntArray) -> Fleet:
    """Return these vehicles as a fleet of the engine."""
    part, count = council.vehicles, len(vehicles)
    depot = location[council.depots.node[part.depot[vehicles]]]
    return Fleet(
        ids=tuple(part.ids[vehicle] for vehicle in vehicles.tolist()),
        start=depot,
        end=depot.copy(),
        shift_start_s=part.shift_start_s[vehicles],
        shift_end_s=part.shift_end_s[vehicles],
        max_overtime_s=part.max_overtime_s[vehicles],
        capacity=part.capacity[vehicles],
        daily_load=np.full((count, len(council.materials)), np.inf),
        daily_stops=np.full(count, np.inf),
        max_trips=part.max_trips[vehicles],
        break_earliest_s=part.break_earliest_s[vehicles],
        break_latest_s=part.break_latest_s[vehicles],
        break_s=part.break_s[vehicles],
        skills=part.skills[vehicles],
        turns=part.turns[vehicles],
        fixed_cost=np.full(count, council.costs.vehicle_day),
    )


def stops_of(council: Council, stops: IntArray, location: IntArray) -> Stops:
    """Return these stops as stops of the engine, free of locks."""
    part, count = council.stops, len(stops)
    return Stops(
        ids=tuple(part.ids[stop] for stop in stops.tolist()),
        entry=location[part.entry[stops]],
        exit=location[part.exit[stops]],
        either_way=part.either_way[stops],
        service_s=part.service_s[stops],
        load=part.load[stops],
        window_open_s=part.open_s[stops],
        window_close_s=part.close_s[stops],
        ban_from_s=part.ban_from_s[stops],
        ban_until_s=part.ban_until_s[stops],
        no_reversing=part.no_reversing[stops],
        skills=part.skills[stops],
        release_s=np.full(count, -np.inf),
        unserved_cost=part.priority[stops] * council.costs.unserved_stop,
        locked_vehicle=np.full(count, ANYWHERE),
        locked_position=np.full(count, ANYWHERE),
    )


def tips_of(council: Council, location: IntArray) -> Tips:
    """Return the council's tips as tips of the engine."""
    part = council.tips
    return Tips(
        ids=part.ids,
        location=location[part.node],
        service_s=part.service_s.copy(),
        window_open_s=part.open_s.copy(),
        window_close_s=part.close_s.copy(),
        takes=part.takes.copy(),
    )


def words_of_round(visits: Iterable[Visit], stop_ids: Sequence[str], tip_ids: Sequence[str]) -> list[str]:
    """Return a round as words of `streams.rounds_plan`."""
    words = []
    for kind, index, backward in visits:
        if kind == Kind.STOP:
            words.append(stop_ids[index] + BACKWARD_SUFFIX * backward)
        else:
            words.append(TIP_PREFIX + tip_ids[index] if kind == Kind.TIP else BREAK_WORDS[index])
    return words


def round_of_words(words: Iterable[str], stop_number: dict[str, int], tip_number: dict[str, int]) -> Round:
    """Return the round these words say; KeyError for a stop or tip that is not known."""
    visits = []
    for word in words:
        if word in BREAK_OF_WORD:
            visits.append(Visit(Kind.BREAK, BREAK_OF_WORD[word]))
        elif word.startswith(TIP_PREFIX):
            visits.append(Visit(Kind.TIP, tip_number[word.removeprefix(TIP_PREFIX)]))
        else:
            backward = word.endswith(BACKWARD_SUFFIX)
            visits.append(Visit(Kind.STOP, stop_number[word.removesuffix(BACKWARD_SUFFIX)], backward))
    return tuple(visits)
