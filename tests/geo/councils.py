"""Small councils shared by the tests of all wings. Never saved into the project."""

from collections.abc import Collection
from functools import cache
from itertools import pairwise

import numpy as np
import shapely

from geo.arrays import IntArray
from geo.council import (
    CollectionStops,
    Costs,
    Council,
    CouncilRoads,
    CouncilStreets,
    Depots,
    Landmarks,
    PastWeeks,
    Properties,
    TipSites,
    Vehicles,
)
from geo.council_travel import all_ways
from geo.demo_council import SMALL_COUNCIL, build_demo_council
from geo.gazetteer import Property
from tests.geo.cities import small_city

SIDE = 6
STEP_M = 100.0
SOUTH_WEST = np.array([428_000.0, 262_000.0])
HOMES = 4  # on each side of a block
STREET_NAMES = (
    "Alder Road",
    "Birch Street",
    "Cedar Avenue",
    "Elm Close",
    "Fern Lane",
    "Garth Hill",
    "Hazel Way",
    "Ivy Crescent",
    "Kiln Terrace",
    "Larch Grove",
    "Mill Lane",
    "North Parade",
)
BLOCK_S = 60.0
ARC_S = 20.0
HOME_KG = 9.0


def stops_along(council: Council, streets: Collection[str]) -> IntArray:
    """Numbers of the stops along these streets."""
    return np.flatnonzero(
        np.isin(council.stops.street, [council.street_number[street] for street in streets])
    )


def homes_at(council: Council, stop: str) -> list[Property]:
    """The properties of a stop, as the gazetteer has them."""
    numbers = council.properties_of(council.stop_number[stop])
    found = [council.gazetteer().by_uprn(str(council.properties.uprn[n])) for n in numbers]
    return [one for one in found if one is not None]


@cache
def grid_council() -> Council:
    """Return a council of twelve crossing streets, 120 stops of four homes each, three vehicles, two tips.

    Street ST0001 to ST0006 run west to east from the south, ST0007 to ST0012 south to north from the west.
    Its rounds are simple: every vehicle two pairs of streets, its break in between, the tip at the end.
    """
    node_en = SOUTH_WEST + STEP_M * np.array([[at % SIDE, at // SIDE] for at in range(SIDE * SIDE)])
    paths = [[SIDE * row + at for at in range(SIDE)] for row in range(SIDE)]
    paths += [[SIDE * at + column for at in range(SIDE)] for column in range(SIDE)]
    blocks = [(street, a, b) for street, path in enumerate(paths) for a, b in pairwise(path)]
    roads = CouncilRoads(
        node_en=node_en,
        tail=np.array([end for _, a, b in blocks for end in (a, b)]),
        head=np.array([end for _, a, b in blocks for end in (b, a)]),
        arc_s=np.full(2 * len(blocks), ARC_S),
        arc_m=np.full(2 * len(blocks), STEP_M),
        arc_street=np.array([street for street, _, _ in blocks for _ in range(2)]),
    )
    ways = all_ways(roads)
    stops = _stops(node_en, blocks)
    return Council(
        id="grid-council",
        name="Gridham",
        attribution="Made by hand",
        generated=True,
        timezone="Europe/London",
        brigade="grid",
        boundary=shapely.box(*(SOUTH_WEST - 200), *(SOUTH_WEST + SIDE * STEP_M + 100)),
        materials=("residual",),
        depots=Depots(("D1",), ("Gridham Depot",), np.array([0]), node_en[:1]),
        tips=TipSites(
            ids=("T1", "T2"),
            names=("Gridham Transfer Station", "North Tip"),
            node=np.array([5, 30]),
            en=node_en[[5, 30]],
            open_s=np.array([[25_200.0], [21_600.0]]),
            close_s=np.array([[57_600.0], [61_200.0]]),
            service_s=np.array([600.0, 900.0]),
            takes=np.ones((2, 1), dtype=bool),
        ),
        vehicles=_vehicles(),
        streets=CouncilStreets(
            ids=tuple(f"ST{at + 1:04d}" for at in range(len(paths))),
            names=STREET_NAMES,
            start=np.array([path[0] for path in paths]),
            end=np.array([path[-1] for path in paths]),
            one_way=np.zeros(len(paths), dtype=bool),
            line=np.concatenate([node_en[path] for path in paths]),
            first=np.arange(0, SIDE * len(paths) + 1, SIDE),
            length_m=np.full(len(paths), (SIDE - 1) * STEP_M),
            speed_class=np.full(len(paths), 3),
        ),
        properties=_properties(stops),
        stops=stops,
        landmarks=Landmarks(("Gridham Station", "Market Hall"), node_en[[14, 21]], np.array([120.0, 60.0])),
        roads=roads,
        travel_s=ways.travel_s,
        dist_m=ways.dist_m,
        rounds=_rounds(stops),
        past=PastWeeks(
            ("2 weeks ago", "1 week ago"),
            np.array([1.61, 1.58]),
            np.array([0.5, 0.2]),
            np.array([31.0, 30.2]),
            np.array([1.1, 0.9]),
        ),
        costs=Costs(600.0, 20.0, 1.0, 80.0, 400.0, 2.0),
    )


@cache
def small_council() -> Council:
    """Return the small generated council, without rounds; built once a test run, never changed."""
    return build_demo_council(small_city(), seed=3, size=SMALL_COUNCIL)


def _vehicles() -> Vehicles:
    every = np.ones(3)
    return Vehicles(
        ids=("RCV01", "RCV02", "RCV03"),
        depot=np.zeros(3, dtype=np.int64),
        shift_start_s=21_600.0 * every,
        shift_end_s=36_000.0 * every,
        max_overtime_s=3_600.0 * every,
        capacity=np.array([[2_000.0], [2_000.0], [1_500.0]]),
        break_earliest_s=23_400.0 * every,
        break_latest_s=30_600.0 * every,
        break_s=1_800.0 * every,
        max_trips=np.array([4, 4, 4]),
        skills=np.array([0, 0, 1]),
        turns=np.array([False, True, True]),
    )


def _stops(node_en: np.ndarray, blocks: list[tuple[int, int, int]]) -> CollectionStops:
    """Two stops a block: the left side from its first node, the right side from its last."""
    listed = [(street, side, *ends) for street, a, b in blocks for side, ends in ((1, (a, b)), (2, (b, a)))]
    count = len(listed)
    entry, exit_ = np.array([one[2] for one in listed]), np.array([one[3] for one in listed])
    any_time = np.full((count, 1), np.inf)
    ban_from_s, ban_until_s = any_time.copy(), any_time.copy()
    on_elm = np.array([one[0] == 3 for one in listed])
    ban_from_s[on_elm], ban_until_s[on_elm] = 30_600.0, 33_300.0
    return CollectionStops(
        ids=tuple(f"S{at + 1:05d}" for at in range(count)),
        street=np.array([one[0] for one in listed]),
        side=np.ones(count, dtype=np.int64),
        entry=entry,
        exit=exit_,
        either_way=np.zeros(count, dtype=bool),
        service_s=np.full(count, BLOCK_S),
        load=np.full((count, 1), HOMES * HOME_KG),
        households=np.full(count, HOMES),
        en=(node_en[entry] + node_en[exit_]) / 2,
        line=np.stack([node_en[entry], node_en[exit_]], axis=1).reshape(-1, 2),
        first=np.arange(0, 2 * count + 1, 2),
        open_s=np.zeros((count, 1)),
        close_s=any_time,
        ban_from_s=ban_from_s,
        ban_until_s=ban_until_s,
        no_reversing=np.zeros(count, dtype=bool),
        skills=np.zeros(count, dtype=np.int64),
        priority=np.ones(count),
    )


def _properties(stops: CollectionStops) -> Properties:
    """Homes along each stop, odd numbers on the left of the street and even ones on the right."""
    stop = np.repeat(np.arange(len(stops.ids)), HOMES)
    at = np.tile(np.arange(HOMES), len(stops.ids))
    begin, end = stops.line[0::2][stop], stops.line[1::2][stop]
    along = (end - begin) / np.hypot(*(end - begin).T)[:, None]
    share = (at + 0.5) / HOMES
    en = begin + (end - begin) * share[:, None] + 8 * np.column_stack([-along[:, 1], along[:, 0]])
    block = stop // 2 % (SIDE - 1)
    right = stop % 2 == 1
    within = np.where(right, HOMES - 1 - at, at)
    number = 2 * (block * HOMES + within) + 1 + right
    return Properties(10_000_000 + np.arange(len(stop)), en, stops.street[stop], number, stop)


def _rounds(stops: CollectionStops) -> tuple[tuple[str, ...], ...]:
    """Each vehicle goes up and down four streets."""
    rounds = []
    for vehicle in range(3):
        visits: list[str] = []
        for street in range(4 * vehicle, 4 * vehicle + 4):
            mine = np.flatnonzero(stops.street == street)
            visits += [stops.ids[at] for at in [*mine[0::2], *mine[1::2][::-1]]]
            if street == 4 * vehicle + 1:
                visits.append("break")
        rounds.append((*visits, "tip:T1"))
    return tuple(rounds)
