"""Crews at work, simulated: each goes through its round, and says when a visit is over and how it went.

Used by the council's demo day. Knows what anybody could (the council's pack and the rounds the service
shows); pure and seeded, never sends anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.council import BACKWARD_SUFFIX, BREAKS, TIP_PREFIX, Council

SPREAD = 0.15
"""Standard deviation of the logarithm of how long a visit takes, against the plan."""
CREW_SPREAD = 0.03
"""The same of a crew's whole day: some are quicker than others."""
TROUBLE_SHARES = (("not_out", 0.012), ("contaminated", 0.006), ("no_access", 0.003))
"""Of the stops; made up for the demo."""
REVISIT_S = 120.0
"""Work at a stop that the pack does not know."""


@dataclass(frozen=True, slots=True)
class VisitOver:
    """A crew is done with a visit.

    Attributes
    ----------
    outcome
        As in `streams.council_events.StopOutcome`.
    stop
        Number in the council of a stop of the pack; -1 for others.
    """

    at_s: float
    vehicle: str
    visit: str
    outcome: str
    stop: int


@dataclass(frozen=True, slots=True)
class ExtraStop:
    """A stop that the pack does not know: where it is, in metres, and the node nearest to it."""

    en: NDArray[np.float64]
    node: int


@dataclass(slots=True)
class _Crew:
    """Where a crew is: `done` visits are over, it is free (or was) at `free_s` at `node`."""

    vehicle: str
    visits: list[str]
    free_s: float
    node: int
    en: NDArray[np.float64]
    random: np.random.Generator
    pace: float
    done: int = 0
    ends_s: float | None = None  # of the visit under way
    begun_s: float = 0.0
    next_en: NDArray[np.float64] | None = None
    next_node: int = 0
    broken: bool = False
    load: dict[str, float] = field(default_factory=dict)


class CollectionCrews:
    """The crews of a council's day.

    Parameters
    ----------
    council
        Roads, stops, tips and the morning's rounds.
    seed
        Same seed and rounds, same day.
    """

    def __init__(self, council: Council, seed: int) -> None:
        self._council = council
        self._extra: dict[str, ExtraStop] = {}
        self._crews: dict[str, _Crew] = {}
        for number, vehicle in enumerate(council.vehicles.ids):
            depot = int(council.depots.node[council.vehicles.depot[number]])
            random = np.random.default_rng([seed, number])  # its own: others change nothing for it
            self._crews[vehicle] = _Crew(
                vehicle,
                list(council.rounds[number]),
                float(council.vehicles.shift_start_s[number]),
                depot,
                council.roads.node_en[depot],
                random,
                float(np.exp(random.normal(0.0, CREW_SPREAD))),
            )

    @property
    def vehicles(self) -> Sequence[str]:
        """All vehicles."""
        return tuple(self._crews)

    def at_work(self, vehicle: str) -> bool:
        """Whether a crew has something left to do and can do it."""
        crew = self._crews[vehicle]
        return not crew.broken and crew.done < len(crew.visits)

    def place(self, vehicle: str, now_s: float) -> NDArray[np.float64]:
        """Where a vehicle is, (2,) metres: on a straight line to where it goes."""
        crew = self._crews[vehicle]
        if crew.ends_s is None or crew.next_en is None:
            return crew.en
        share = np.clip((now_s - crew.begun_s) / max(crew.ends_s - crew.begun_s, 1.0), 0.0, 1.0)
        return np.asarray(crew.en + share * (crew.next_en - crew.en))

    def on_board(self, vehicle: str) -> dict[str, float]:
        """What a vehicle has collected since it was last emptied, by material."""
        return {name: round(kg, 1) for name, kg in self._crews[vehicle].load.items()}

    def know(self, stop: str, en: NDArray[np.float64]) -> None:
        """Learn where a stop is that the pack does not have."""
        away = ((self._council.roads.node_en - en) ** 2).sum(axis=1)
        self._extra[stop] = ExtraStop(en, int(away.argmin()))

    def take_round(self, vehicle: str, visits: Sequence[str]) -> None:
        """Go on with another round; what is done, and the visit under way, stay whatever it says."""
        crew = self._crews[vehicle]
        kept = crew.done + (crew.ends_s is not None)
        if list(visits[:kept]) == crew.visits[:kept]:
            crew.visits = list(visits)
        else:  # the service has not heard of all of it yet: what is left is what it names and is not done
            over = {_plain(visit) for visit in crew.visits[:kept]}
            crew.visits = crew.visits[:kept] + [v for v in visits if _plain(v) not in over or _other(v)]

    def break_down(self, vehicle: str, now_s: float) -> NDArray[np.float64]:
        """Stop where it is, for the rest of the day; gives the place."""
        crew = self._crews[vehicle]
        crew.en, crew.ends_s, crew.next_en, crew.broken = self.place(vehicle, now_s), None, None, True
        return crew.en

    def mend(self, vehicle: str, now_s: float) -> None:
        """Go on."""
        crew = self._crews[vehicle]
        crew.broken, crew.free_s = False, max(crew.free_s, now_s)

    def advance(self, until_s: float) -> list[VisitOver]:
        """Let the day go on; what is over by then, in order of time."""
        over: list[VisitOver] = []
        for crew in self._crews.values():
            while not crew.broken and crew.done < len(crew.visits):
                if crew.ends_s is None:
                    if crew.free_s > until_s:
                        break
                    self._set_out(crew)
                if crew.ends_s is None or crew.ends_s > until_s:
                    break
                over.append(self._finish(crew))
        over.sort(key=lambda one: (one.at_s, one.vehicle))
        return over

    def _set_out(self, crew: _Crew) -> None:
        visit = crew.visits[crew.done]
        entry, leave, en, work_s, opens_s = self._what(crew, visit)
        travel_s = float(self._council.travel_s[crew.node, entry]) if entry >= 0 else 0.0
        factor = crew.pace * float(np.exp(crew.random.normal(0.0, SPREAD)))
        arrive_s = crew.free_s + min(travel_s, 3_600.0) * factor
        crew.begun_s = crew.free_s
        crew.ends_s = max(arrive_s, opens_s) + work_s * (1.0 if entry < 0 else factor)
        crew.next_en, crew.next_node = en, leave

    def _what(self, crew: _Crew, visit: str) -> tuple[int, int, NDArray[np.float64], float, float]:
        """Node before and after (-1: it stays), where it ends, seconds of work, when it may begin."""
        council, number = self._council, self._council.vehicle_number[crew.vehicle]
        if visit in BREAKS:
            earliest_s = float(council.vehicles.break_earliest_s[number])
            return -1, crew.node, crew.en, float(council.vehicles.break_s[number]), earliest_s
        if visit.startswith(TIP_PREFIX):
            tip = council.tip_number[visit.removeprefix(TIP_PREFIX)]
            node = int(council.tips.node[tip])
            opens_s = float(council.tips.open_s[tip, 0])
            return node, node, council.roads.node_en[node], float(council.tips.service_s[tip]), opens_s
        stop = council.stop_number.get(visit.removesuffix(BACKWARD_SUFFIX), -1)
        if stop < 0:
            extra = self._extra.get(visit.removesuffix(BACKWARD_SUFFIX))
            node = crew.node if extra is None else extra.node
            return node, node, crew.en if extra is None else extra.en, REVISIT_S, 0.0
        ends = int(council.stops.entry[stop]), int(council.stops.exit[stop])
        entry, leave = ends[::-1] if visit.endswith(BACKWARD_SUFFIX) else ends
        begins_s = _after_bans(council, stop, crew.free_s)
        return entry, leave, council.roads.node_en[leave], float(council.stops.service_s[stop]), begins_s

    def _finish(self, crew: _Crew) -> VisitOver:
        visit = crew.visits[crew.done]
        at_s = crew.ends_s or crew.free_s
        stop = self._council.stop_number.get(visit.removesuffix(BACKWARD_SUFFIX), -1)
        if visit.startswith(TIP_PREFIX):
            crew.load = {}
        elif stop >= 0:
            for name, kg in zip(self._council.materials, self._council.stops.load[stop], strict=True):
                crew.load[name] = crew.load.get(name, 0.0) + float(kg)
        crew.done += 1
        crew.free_s, crew.ends_s, crew.node = at_s, None, crew.next_node
        crew.en = crew.en if crew.next_en is None else crew.next_en
        return VisitOver(at_s, crew.vehicle, visit, _outcome(crew, stop), stop)


def _outcome(crew: _Crew, stop: int) -> str:
    drawn = float(crew.random.random())
    if stop >= 0:
        for outcome, share in TROUBLE_SHARES:
            if drawn < share:
                return outcome
            drawn -= share
    return "collected"


def _after_bans(council: Council, stop: int, from_s: float) -> float:
    """When a service may begin that is wanted at `from_s`, by the stop's bans."""
    begins_s = from_s
    work_s = float(council.stops.service_s[stop])
    for begin, end in zip(council.stops.ban_from_s[stop], council.stops.ban_until_s[stop], strict=True):
        if begins_s + work_s > begin and begins_s < end:
            begins_s = float(end)
    return begins_s


def _plain(visit: str) -> str:
    return visit.removesuffix(BACKWARD_SUFFIX)


def _other(visit: str) -> bool:
    """Whether a visit may come twice in a round: a tip or a break."""
    return visit in BREAKS or visit.startswith(TIP_PREFIX)
