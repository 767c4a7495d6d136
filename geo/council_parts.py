"""The parts of a council: depots, tips, vehicles, streets, properties, stops, roads, landmarks.

Built by the council's builders and its pack, read by every other wing through `geo.council`. Never changes
once built; what happens during the day is the services'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.arrays import (
    NOT_NEGATIVE,
    BoolArray,
    FloatArray,
    IntArray,
    check_unique,
    checked_floats,
    checked_indices,
    read_only,
)
from geo.council_checks import check_named, flags, put, put_lines, put_spans, width_of
from geo.road_network import MAX_ARC_S, MIN_ARC_S, SPEED_CLASSES

MANY = 2**31
MAX_UPRN = 10**12
NO_STREET = -1


@dataclass(frozen=True, slots=True, eq=False)
class Depots:
    """Where vehicles begin and end: ids, names, `node` (D,) of the council's roads, `en` (D, 2) metres."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    node: IntArray
    en: FloatArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        check_named("depots", self.ids, self.names)
        count = len(self.ids)
        put(self, node=checked_indices("depots.node", self.node, (count,), MANY))
        put(self, en=checked_floats("depots.en", self.en, (count, 2)))


@dataclass(frozen=True, slots=True, eq=False)
class TipSites:
    """Where vehicles are emptied.

    Attributes
    ----------
    node, en
        (T,) node of the council's roads, (T, 2) metres.
    open_s, close_s
        (T, W) tipping begins within one of these windows, seconds of the local day; unused ones (inf, inf).
    service_s
        (T,) tipping time.
    takes
        (T, K) which materials.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    node: IntArray
    en: FloatArray
    open_s: FloatArray
    close_s: FloatArray
    service_s: FloatArray
    takes: BoolArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        check_named("tips", self.ids, self.names)
        count = len(self.ids)
        put(self, node=checked_indices("tips.node", self.node, (count,), MANY))
        put(self, en=checked_floats("tips.en", self.en, (count, 2)))
        put_spans(self, "tips", "open_s", "close_s", count)
        put(self, service_s=checked_floats("tips.service_s", self.service_s, (count,), NOT_NEGATIVE))
        put(self, takes=flags("tips.takes", self.takes, count, None))


@dataclass(frozen=True, slots=True, eq=False)
class Vehicles:
    """Collection vehicles with their crews; times in seconds of the local day, loads in kg.

    Attributes
    ----------
    depot
        (V,) index into the depots; the day begins and ends there.
    shift_start_s, shift_end_s, max_overtime_s
        (V,) the regular shift, and how long after it a vehicle may be back at most.
    capacity
        (V, K) what it holds of each material.
    break_earliest_s, break_latest_s, break_s
        (V,) the crew's break starts within these and lasts so long; 0 for none.
    max_trips
        (V,) visits to tips in a day.
    skills
        (V,) bits of what crew and vehicle can do; bit 0: narrow streets.
    turns
        (V,) whether it gets through streets in which reversing is not allowed.
    """

    ids: tuple[str, ...]
    depot: IntArray
    shift_start_s: FloatArray
    shift_end_s: FloatArray
    max_overtime_s: FloatArray
    capacity: FloatArray
    break_earliest_s: FloatArray
    break_latest_s: FloatArray
    break_s: FloatArray
    max_trips: IntArray
    skills: IntArray
    turns: BoolArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        check_unique("vehicles.ids", self.ids)
        count = len(self.ids)
        for name, most in (("depot", MANY), ("max_trips", 100), ("skills", MANY)):
            put(self, **{name: checked_indices(f"vehicles.{name}", getattr(self, name), (count,), most)})
        for name in ("shift_start_s", "shift_end_s", "max_overtime_s", "break_earliest_s", "break_latest_s"):
            put(
                self,
                **{name: checked_floats(f"vehicles.{name}", getattr(self, name), (count,), NOT_NEGATIVE)},
            )
        put(self, break_s=checked_floats("vehicles.break_s", self.break_s, (count,), NOT_NEGATIVE))
        wide = width_of("vehicles.capacity", self.capacity)
        put(self, capacity=checked_floats("vehicles.capacity", self.capacity, (count, wide), NOT_NEGATIVE))
        put(self, turns=flags("vehicles.turns", self.turns, count))
        for first, last in (("shift_start_s", "shift_end_s"), ("break_earliest_s", "break_latest_s")):
            wrong = getattr(self, last) < getattr(self, first)
            if wrong.any():
                at = int(wrong.argmax())
                raise ValueError(
                    f"vehicles.{last}: {getattr(self, last)[at]:g} of {self.ids[at]}; it must not be before "
                    f"{first}, {getattr(self, first)[at]:g}"
                )

    @property
    def letters(self) -> tuple[str, ...]:
        """The letter of each vehicle's round: A, B, … Z, AA, AB, … in the order of the vehicles."""
        return tuple(round_letter(number) for number in range(len(self.ids)))


def round_letter(number: int) -> str:
    """Return the letter of the round of this number: 0 is A, 25 Z, 26 AA."""
    letters = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


@dataclass(frozen=True, slots=True, eq=False)
class CouncilStreets:
    """Named streets: a street's line runs from its start node to its end node, perhaps over others.

    Attributes
    ----------
    names
        Several streets may share a name; each is then one stretch of it.
    start, end
        (G,) nodes of the council's roads.
    one_way
        (G,) whether it is driven from start to end only.
    line, first
        (P, 2) metres; the line of street g is `line[first[g]:first[g + 1]]`, with `first` (G + 1,).
    length_m
        (G,) along the line.
    speed_class
        (G,) index into `geo.road_network.SPEED_CLASSES`.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    start: IntArray
    end: IntArray
    one_way: BoolArray
    line: FloatArray
    first: IntArray
    length_m: FloatArray
    speed_class: IntArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        check_named("streets", self.ids, self.names)
        count = len(self.ids)
        put(self, start=checked_indices("streets.start", self.start, (count,), MANY))
        put(self, end=checked_indices("streets.end", self.end, (count,), MANY))
        put(self, one_way=flags("streets.one_way", self.one_way, count))
        put_lines(self, "streets", count)
        put(self, length_m=checked_floats("streets.length_m", self.length_m, (count,), NOT_NEGATIVE))
        classes = len(SPEED_CLASSES)
        put(self, speed_class=checked_indices("streets.speed_class", self.speed_class, (count,), classes))


@dataclass(frozen=True, slots=True, eq=False)
class Properties:
    """Addresses: `uprn` (P,), `en` (P, 2) metres, house `number` (P,), `street` and `stop` (P,) by index."""

    uprn: IntArray
    en: FloatArray
    street: IntArray
    number: IntArray
    stop: IntArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        count = len(self.uprn)
        for name, most in (("uprn", MAX_UPRN), ("street", MANY), ("number", 100_000), ("stop", MANY)):
            put(self, **{name: checked_indices(f"properties.{name}", getattr(self, name), (count,), most)})
        put(self, en=checked_floats("properties.en", self.en, (count, 2)))
        if len(np.unique(self.uprn)) != count:
            values, times = np.unique(self.uprn, return_counts=True)
            raise ValueError(f"properties.uprn: {values[times.argmax()]} stands twice; each must be its own")


@dataclass(frozen=True, slots=True, eq=False)
class CollectionStops:
    """What is collected in one go: a side of a street between two nodes.

    Attributes
    ----------
    street
        (S,) index into the streets.
    side
        (S,) 0 both, 1 left, 2 right of the way from entry to exit.
    entry, exit
        (S,) nodes of the council's roads where the service begins and ends.
    either_way
        (S,) whether it may be served from exit to entry, too.
    service_s
        (S,) the crew's work and the drive along it.
    load
        (S, K) kg of each material on an ordinary day.
    households
        (S,) properties collected from.
    en
        (S, 2) its middle, where it is drawn; `line` and `first` as in the streets, entry to exit.
    open_s, close_s
        (S, W) the service begins within one of these windows; unused ones (inf, inf).
    ban_from_s, ban_until_s
        (S, B) no service within these (school times); unused ones (inf, inf).
    no_reversing
        (S,) only vehicles that get through without reversing.
    skills
        (S,) bits a vehicle must have.
    priority
        (S,) 1 for an ordinary stop, more for one that must not wait; a factor of `Costs.unserved_stop`.
    """

    ids: tuple[str, ...]
    street: IntArray
    side: IntArray
    entry: IntArray
    exit: IntArray
    either_way: BoolArray
    service_s: FloatArray
    load: FloatArray
    households: IntArray
    en: FloatArray
    line: FloatArray
    first: IntArray
    open_s: FloatArray
    close_s: FloatArray
    ban_from_s: FloatArray
    ban_until_s: FloatArray
    no_reversing: BoolArray
    skills: IntArray
    priority: FloatArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        check_unique("stops.ids", self.ids)
        count = len(self.ids)
        for name, most in (("street", MANY), ("side", 3), ("entry", MANY), ("exit", MANY)):
            put(self, **{name: checked_indices(f"stops.{name}", getattr(self, name), (count,), most)})
        for name in ("households", "skills"):
            put(self, **{name: checked_indices(f"stops.{name}", getattr(self, name), (count,), MANY)})
        for name in ("service_s", "priority"):
            put(self, **{name: checked_floats(f"stops.{name}", getattr(self, name), (count,), NOT_NEGATIVE)})
        wide = width_of("stops.load", self.load)
        put(self, load=checked_floats("stops.load", self.load, (count, wide), NOT_NEGATIVE))
        put(self, en=checked_floats("stops.en", self.en, (count, 2)))
        put_lines(self, "stops", count)
        for name in ("either_way", "no_reversing"):
            put(self, **{name: flags(f"stops.{name}", getattr(self, name), count)})
        put_spans(self, "stops", "open_s", "close_s", count)
        put_spans(self, "stops", "ban_from_s", "ban_until_s", count)


@dataclass(frozen=True, slots=True, eq=False)
class CouncilRoads:
    """The roads a council's vehicles use, and the fastest ways between all their nodes.

    Attributes
    ----------
    node_en
        (N, 2) metres. Every location of the council (entry, exit, depot, tip) is one of these nodes.
    tail, head
        (A,) nodes of each arc; a two-way road is two arcs.
    arc_s, arc_m
        (A,) seconds of a collection vehicle, and metres.
    arc_street
        (A,) index into the streets, -1 where the road belongs to none.
    """

    node_en: FloatArray
    tail: IntArray
    head: IntArray
    arc_s: FloatArray
    arc_m: FloatArray
    arc_street: IntArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        nodes, arcs = len(self.node_en), len(self.tail)
        put(self, node_en=checked_floats("roads.node_en", self.node_en, (nodes, 2)))
        put(self, tail=checked_indices("roads.tail", self.tail, (arcs,), nodes))
        put(self, head=checked_indices("roads.head", self.head, (arcs,), nodes))
        put(self, arc_s=checked_floats("roads.arc_s", self.arc_s, (arcs,), (MIN_ARC_S, MAX_ARC_S)))
        put(self, arc_m=checked_floats("roads.arc_m", self.arc_m, (arcs,), NOT_NEGATIVE))
        street: IntArray = read_only(self.arc_street, np.int64)  # type: ignore[assignment]
        if street.shape != (arcs,) or (street < NO_STREET).any():
            raise ValueError(f"roads.arc_street: it must be {arcs} numbers of streets, or -1 for none")
        put(self, arc_street=street)


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Places people name that are no street: names, middle `en` (M, 2), `extent_m` (M,) how far each goes."""

    names: tuple[str, ...]
    en: FloatArray
    extent_m: FloatArray

    def __post_init__(self) -> None:
        """Check lengths and ranges; ValueError names the bad value."""
        count = len(self.names)
        check_unique("landmarks.names", self.names)
        put(self, en=checked_floats("landmarks.en", self.en, (count, 2)))
        put(self, extent_m=checked_floats("landmarks.extent_m", self.extent_m, (count,), NOT_NEGATIVE))
