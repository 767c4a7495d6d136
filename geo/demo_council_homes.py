"""Houses of a generated council with numbers and UPRNs, and the collection stops they are grouped to.

Called by the demo council. Never places a depot or a vehicle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.arrays import BoolArray, FloatArray, IntArray
from geo.council_parts import CollectionStops, Landmarks, Properties
from geo.demo_council_streets import Blocks, DemoGround
from geo.demo_streets import LOCAL
from geo.region import Region

# A corner is free of houses on both roads; a house stands this far from the middle of the road.
CORNER_M = 12.0
FRONT_M = 11.0
LEAST_FRONTAGE_M = 4.5  # a terraced house
FRONTAGE_M = 9.0
# Main roads have shops and yards between their houses.
MAIN_ROAD_HOUSES = 0.6
# Parks, yards and walls: sides of streets without any house.
EMPTY_SHARE = 0.02
FIRST_UPRN = 100_070_000_000
MOST_BETWEEN_UPRNS = 9
# The vehicle creeps along with its crew of three, who are at stops for so long in a mean day; what one
# household takes, walking included, follows (13 s in the demo council), within reason.
CREEP_MPS = 2.5
CREW_AT_STOPS_S = 6.3 * 3_600
HOUSEHOLD_S = (5.0, 25.0)
HOUSEHOLD_KG = 8.6
KG_SPREAD = 0.18
NARROW_SKILL = 1
NARROW_SHARE = 0.07
NO_REVERSING_SHARE = 0.02
# Streets where both sides are collected while driving either way: quiet ones.
QUIET_SHARE = 0.7
SCHOOL_REACH_M = 130.0
SCHOOL_BANS_S = ((8.25 * 3_600, 9.25 * 3_600), (14.75 * 3_600, 15.75 * 3_600))
NOT_SCHOOL, LEFT, RIGHT = 0, 1, 2


class _Sides(NamedTuple):
    """Sides of blocks with houses, in the order of the blocks: (G,) each."""

    block: IntArray
    side: IntArray
    houses: IntArray


def make_homes(
    region: Region,
    ground: DemoGround,
    houses: int,
    crews: int,
    schools: Landmarks,
    rng: np.random.Generator,
) -> tuple[Properties, CollectionStops]:
    """Place the houses along the streets, and group them by side of street.

    Parameters
    ----------
    houses
        How many in all; fewer where the streets have no room for more.
    crews
        Who has a day's work with them.
    schools
        The streets at these have times without collection.
    """
    sides = _sides(region, ground, houses, rng)
    number, share, turn = _numbers(ground.blocks, sides), *_along(sides, rng)
    stop = np.repeat(np.arange(len(sides.block)), sides.houses)
    block, side = sides.block[stop], sides.side[stop]
    begin, end = (ground.roads.node_en[nodes[block]] for nodes in (ground.blocks.tail, ground.blocks.head))
    along = (end - begin) / ground.blocks.length_m[block][:, None]
    aside = np.column_stack([-along[:, 1], along[:, 0]]) * np.where(side == LEFT, 1.0, -1.0)[:, None]
    from_m = CORNER_M + share * (ground.blocks.length_m[block] - 2 * CORNER_M)
    en = begin + along * from_m[:, None] + aside * (FRONT_M + turn)[:, None]
    uprn = FIRST_UPRN + np.cumsum(rng.integers(1, MOST_BETWEEN_UPRNS + 1, len(stop)))
    properties = Properties(rng.permutation(uprn), np.round(en, 1), ground.blocks.street[block], number, stop)
    return properties, _stops(ground, sides, crews, schools, rng)


def _sides(region: Region, ground: DemoGround, houses: int, rng: np.random.Generator) -> _Sides:
    """Share the houses out: more where people live closer together and where there is more room."""
    blocks = ground.blocks
    block = np.repeat(np.arange(len(blocks.tail)), 2)
    side = np.tile([LEFT, RIGHT], len(blocks.tail))
    room_m = np.maximum(blocks.length_m[block] - 2 * CORNER_M, 0.0)
    middle = (ground.roads.node_en[blocks.tail] + ground.roads.node_en[blocks.head]) / 2
    zone = region.zones.locate(middle)
    weight = room_m / FRONTAGE_M * np.exp(rng.normal(0, 0.3, len(block)))
    weight *= np.where(blocks.speed_class[block] == LOCAL, 1.0, MAIN_ROAD_HOUSES)
    weight *= np.where(zone >= 0, _closeness(region)[zone], 1.0)[block]
    weight[rng.random(len(block)) < EMPTY_SHARE] = 0.0
    count = _shared_out(weight, np.floor(room_m / LEAST_FRONTAGE_M).astype(np.int64), houses)
    there = count > 0
    return _Sides(block[there], side[there], count[there])


def _closeness(region: Region) -> FloatArray:
    """Return (Z,) how close together people live: 1 in a middling zone."""
    area_m2 = np.array([polygon.area for polygon in region.zones.polygons])
    per_m2 = region.zones.population / area_m2
    return np.asarray(np.clip(np.sqrt(per_m2 / np.median(per_m2)), 0.5, 1.6))


def _shared_out(weight: FloatArray, most: IntArray, total: int) -> IntArray:
    """Return whole numbers in proportion to the weights, none above its most, together the total."""
    total = min(total, int(most[weight > 0].sum()))
    low, high = 0.0, 1e6
    for _ in range(80):
        scale = (low + high) / 2
        if np.minimum(np.floor(weight * scale), most).sum() > total:
            high = scale
        else:
            low = scale
    given = np.minimum(np.floor(weight * low), most).astype(np.int64)
    rest = np.where((given < most) & (weight > 0), weight * low - given, -1.0)
    given[np.argsort(-rest, kind="stable")[: total - int(given.sum())]] += 1
    return np.minimum(given, most)


def _numbers(blocks: Blocks, sides: _Sides) -> IntArray:
    """Number the houses: odd ones on the left, even ones on the right, rising from the street's start."""
    numbers = []
    last: dict[tuple[int, int], int] = {}
    for block, side, houses in zip(*(part.tolist() for part in sides), strict=True):
        key = (int(blocks.street[block]), side)
        first = last.get(key, side - 2)
        numbers.append(first + 2 * np.arange(1, houses + 1))
        last[key] = first + 2 * houses
    return np.concatenate(numbers).astype(np.int64)


def _along(sides: _Sides, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return how far along its side each house stands, 0 to 1, and how far it stands back, in metres."""
    within = np.concatenate([np.arange(houses) for houses in sides.houses.tolist()])
    count = np.repeat(sides.houses, sides.houses)
    jitter = rng.uniform(-0.2, 0.2, len(within))
    return (within + 0.5 + jitter) / count, rng.uniform(-2.0, 4.0, len(within))


def _stops(
    ground: DemoGround, sides: _Sides, crews: int, schools: Landmarks, rng: np.random.Generator
) -> CollectionStops:
    """Make a stop of each side, driven with the traffic on the left."""
    blocks, count = ground.blocks, len(sides.block)
    one_way = blocks.one_way[sides.block]
    with_line = one_way | (sides.side == LEFT)
    tail, head = blocks.tail[sides.block], blocks.head[sides.block]
    entry, exit_ = np.where(with_line, tail, head), np.where(with_line, head, tail)
    begin, end = ground.roads.node_en[entry], ground.roads.node_en[exit_]
    is_local = blocks.speed_class[sides.block] == LOCAL
    streets = int(blocks.street[-1]) + 1
    street = blocks.street[sides.block]
    quiet = (rng.random(streets) < QUIET_SHARE)[street] & is_local & ~one_way
    narrow = (rng.random(streets) < NARROW_SHARE)[street] & is_local
    tight = (rng.random(streets) < NO_REVERSING_SHARE)[street] & is_local
    per_house_kg = HOUSEHOLD_KG * np.exp(rng.normal(0, KG_SPREAD, count))
    ban_from_s, ban_until_s = _bans(_at_school(ground, sides, schools))
    return CollectionStops(
        ids=tuple(f"S{at + 1:05d}" for at in range(count)),
        street=street,
        # Of the way from entry to exit: on a one-way street the houses of the right are on the right.
        side=np.where(one_way, sides.side, LEFT),
        entry=entry,
        exit=exit_,
        either_way=quiet,
        service_s=_service_s(sides.houses, blocks.length_m[sides.block], crews),
        load=np.round(sides.houses * per_house_kg)[:, None],
        households=sides.houses,
        en=(begin + end) / 2,
        line=np.stack([begin, end], axis=1).reshape(-1, 2),
        first=np.arange(0, 2 * count + 1, 2),
        open_s=np.zeros((count, 1)),
        close_s=np.full((count, 1), np.inf),
        ban_from_s=ban_from_s,
        ban_until_s=ban_until_s,
        no_reversing=tight,
        skills=np.where(narrow, NARROW_SKILL, 0),
        priority=np.ones(count),
    )


def _service_s(houses: IntArray, length_m: FloatArray, crews: int) -> FloatArray:
    creep_s = length_m / CREEP_MPS
    household_s = (crews * CREW_AT_STOPS_S - float(creep_s.sum())) / max(int(houses.sum()), 1)
    return np.asarray(np.round(houses * float(np.clip(household_s, *HOUSEHOLD_S)) + creep_s))


def _at_school(ground: DemoGround, sides: _Sides, schools: Landmarks) -> BoolArray:
    """Tell which sides are of a block beside a school."""
    blocks = ground.blocks
    middle = (ground.roads.node_en[blocks.tail] + ground.roads.node_en[blocks.head]) / 2
    near = np.zeros(len(middle), dtype=bool)
    for en in schools.en:
        near |= np.hypot(*(middle - en).T) < SCHOOL_REACH_M
    return near[sides.block]


def _bans(at_school: BoolArray) -> tuple[FloatArray, FloatArray]:
    spans = np.full((2, len(at_school), len(SCHOOL_BANS_S)), np.inf)
    for at, (from_s, until_s) in enumerate(SCHOOL_BANS_S):
        spans[0, at_school, at], spans[1, at_school, at] = from_s, until_s
    return spans[0], spans[1]
