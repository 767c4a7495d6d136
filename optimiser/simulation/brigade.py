"""A brigade at work: a deterministic discrete-event simulation of calls, mobilisations and moves.

Called by the feeds (the demo's day, the replay of records) and by benchmarks. Never proposes a move, reads
a clock, draws a random number or talks to anything: it carries out what it is told.

The rules, the same whatever moves are ordered:

- The nearest available appliance of the kind goes, by modelled time; ties go to the lower index. For
  kind 0 a preferred station that has one available is asked first.
- Appliances on the road to a station (returning, relocating) are available by radio. Their time to a call
  is turnout + what is left of their way + the way from that station; a relocating one may also turn back
  through the station it left. Both are paths it could drive, so the time is never too good, and the
  turnout stands for the time to reach the crew: being on the road is never counted as an advantage.
- When none is available the incident waits, first come first served, for the next released.
- After a job an appliance goes home, also one that had been moved.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from optimiser.simulation.brigade_world import BrigadeWorld, FloatArray
from optimiser.simulation.incident import Incident
from optimiser.simulation.transition import (
    ApplianceStatus,
    ApplianceTransition,
    IncidentAction,
    IncidentTransition,
    Transition,
)

AVAILABLE, RETURNING, RELOCATING, MOBILISED, AT_INCIDENT = range(5)
STATUS_NAMES: tuple[ApplianceStatus, ...] = (
    "available",
    "returning",
    "relocating",
    "mobilised",
    "at_incident",
)
NO_STATION = -1
NEVER_S = np.inf


@dataclass(slots=True)
class _Open:
    """An incident that has not stopped: what it wants, what was sent and who is engaged."""

    incident: Incident
    required: tuple[int, ...]
    sent: list[int]
    engaged: set[int] = field(default_factory=set)
    expected_stop_s: float | None = None

    def wanting(self, kind: int) -> int:
        """Return how many appliances of the kind have still to be sent."""
        return max(0, self.required[kind] - self.sent[kind])


class Brigade:
    """Appliances, open incidents and the queue of what happens next.

    Time starts at `start_s`; every appliance is then available at home.
    """

    def __init__(self, world: BrigadeWorld, start_s: float = 0.0) -> None:
        """Put every appliance in its home station at `start_s` simulated seconds."""
        count = world.appliances
        self.world = world
        self.now_s = start_s
        self.refused_moves = 0
        self._status = np.full(count, AVAILABLE, dtype=np.int64)
        self._station = np.array(world.appliance_home, dtype=np.int64)
        self._origin = np.full(count, NO_STATION, dtype=np.int64)
        self._leg_start_s = np.full(count, start_s)
        self._leg_end_s = np.full(count, start_s)
        self._incident: list[str | None] = [None] * count
        self._token = [0] * count
        self._strength = world.strength()
        self._open: dict[str, _Open] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._due_count = 0
        self._out: list[Transition] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is left to happen: no call, no one on the road, no incident open."""
        return not self._due and not self._open

    @property
    def next_s(self) -> float:
        """Simulated seconds of the next thing to happen; infinite when idle."""
        return self._due[0][0] if self._due else NEVER_S

    @property
    def open_incidents(self) -> tuple[str, ...]:
        """Names of the incidents that have not stopped, oldest first."""
        return tuple(self._open)

    def place(self, appliance: int) -> tuple[ApplianceStatus, int | None, str | None]:
        """Return an appliance's status, its station (or where it is heading) and its incident."""
        committed = self._status[appliance] in (MOBILISED, AT_INCIDENT)
        station = None if committed else int(self._station[appliance])
        return STATUS_NAMES[self._status[appliance]], station, self._incident[appliance]

    def call(self, incident: Incident) -> None:
        """Let an incident happen at its time.

        Raises
        ------
        ValueError
            When it lies in the past, names an unknown zone or station, or asks for more than there is.
        """
        if incident.at_s < self.now_s:
            raise ValueError(f"incident {incident.id} at {incident.at_s:.0f} s: it is {self.now_s:.0f} s now")
        if incident.zone >= self.world.station_zone_s.shape[1]:
            raise ValueError(f"incident {incident.id}: no zone {incident.zone}")
        if any(not 0 <= s < len(self.world.station_zone_s) for s in incident.preferred_stations):
            raise ValueError(f"incident {incident.id}: no such station in {incident.preferred_stations}")
        for required in (incident.required, *(step.required for step in incident.reinforcements)):
            have = self._strength
            short = any(n > h for n, h in zip(required, have, strict=False))
            if short or any(required[len(have) :]):
                raise ValueError(f"incident {incident.id} asks for {required}, the brigade has {have}")
        self._at(incident.at_s, partial(self._opened, incident))

    def order_move(self, appliance: int, station: int, at_s: float) -> None:
        """Tell an appliance at `at_s` to go to a station and stand by there.

        Refused, and counted in `refused_moves`, when it is by then committed or already there or on its way
        there.

        Raises
        ------
        ValueError
            When the time lies in the past or an index is unknown.
        """
        if at_s < self.now_s:
            raise ValueError(f"move ordered at {at_s:.0f} s: it is {self.now_s:.0f} s now")
        if not 0 <= appliance < self.world.appliances or not 0 <= station < len(self.world.station_zone_s):
            raise ValueError(f"no appliance {appliance} or no station {station}")
        self._at(at_s, partial(self._ordered, appliance, station))

    def advance(self, until_s: float) -> list[Transition]:
        """Let everything up to and including `until_s` happen; return what changed, in order of time."""
        while self._due and self._due[0][0] <= until_s:
            self.now_s, _, happen = heapq.heappop(self._due)
            happen()
        self.now_s = max(self.now_s, until_s)
        out, self._out = self._out, []
        return out

    def attendance_s(self, kind: int, zone: int) -> FloatArray:
        """Return each appliance's modelled attendance time at a zone now, infinite where not available.

        Shape (A,), seconds, turnout included.
        """
        way_s = self.world.station_zone_s[:, zone]
        on_road = self._status != AVAILABLE
        left_s = np.where(on_road, np.maximum(self._leg_end_s - self.now_s, 0.0), 0.0)
        time_s = left_s + way_s[self._station]
        may_turn = (self._status == RELOCATING) & (self._origin != NO_STATION)
        back_s = self.now_s - self._leg_start_s + way_s[self._origin]
        time_s = np.where(may_turn, np.minimum(time_s, back_s), time_s) + self.world.turnout_s
        usable = (self._status <= RELOCATING) & (self.world.appliance_kind == kind)
        return np.where(usable, time_s, NEVER_S)

    def _at(self, at_s: float, happen: Callable[[], None]) -> None:
        self._due_count += 1
        heapq.heappush(self._due, (at_s, self._due_count, happen))

    def _at_leg_end(self, appliance: int, happen: Callable[[int], None]) -> None:
        """Let something happen when the appliance's leg ends, unless it takes another leg before."""
        self._token[appliance] += 1
        token = self._token[appliance]

        def unless_overtaken() -> None:
            if self._token[appliance] == token:
                happen(appliance)

        self._at(float(self._leg_end_s[appliance]), unless_overtaken)

    def _opened(self, incident: Incident) -> None:
        if incident.id in self._open:
            raise ValueError(f"incident {incident.id} is open already")
        required = self._by_kind(incident.required)
        state = _Open(incident, required, [0] * len(required))
        self._open[incident.id] = state
        kind = next(k for k, n in enumerate(required) if n)
        times_s = np.sort(self.attendance_s(kind, incident.zone))[:2]
        first_s, second_s = (float(t) if np.isfinite(t) else None for t in (*times_s, NEVER_S)[:2])
        self._tell_incident(state, "opened", first_s, second_s)
        for step in incident.reinforcements:
            more = partial(self._reinforced, incident.id, self._by_kind(step.required))
            self._at(incident.at_s + step.after_s, more)
        self._send(state)

    def _by_kind(self, required: tuple[int, ...]) -> tuple[int, ...]:
        """Return a requirement with one entry for each kind there is an appliance of."""
        kinds = len(self._strength)
        return (required + (0,) * kinds)[:kinds]

    def _reinforced(self, incident_id: str, required: tuple[int, ...]) -> None:
        state = self._open.get(incident_id)
        if state is None:
            return
        state.required = required
        self._tell_incident(state, "updated")
        self._send(state)

    def _send(self, state: _Open) -> None:
        """Mobilise what is wanted and available; the rest is sent as appliances are released."""
        for kind in range(len(state.required)):
            for _ in range(state.wanting(kind)):
                times_s = self.attendance_s(kind, state.incident.zone)
                chosen = self._preferred(state, kind, times_s)
                if chosen is None:
                    chosen = int(np.argmin(times_s))
                if not np.isfinite(times_s[chosen]):
                    break
                self._mobilise(state, chosen, float(times_s[chosen]))

    def _preferred(self, state: _Open, kind: int, times_s: FloatArray) -> int | None:
        """Return the appliance of the station asked next, or None when there is no such wish or appliance."""
        turn = state.sent[kind]
        if kind != 0 or turn >= len(state.incident.preferred_stations):
            return None
        there = (self._station == state.incident.preferred_stations[turn]) & np.isfinite(times_s)
        if not there.any():
            return None
        return int(np.argmin(np.where(there, times_s, NEVER_S)))

    def _mobilise(self, state: _Open, appliance: int, attendance_s: float) -> None:
        in_station = self._status[appliance] == AVAILABLE
        state.sent[self.world.appliance_kind[appliance]] += 1
        state.engaged.add(appliance)
        self._incident[appliance] = state.incident.id
        self._leg(appliance, MOBILISED, NO_STATION, attendance_s)
        self._at_leg_end(appliance, self._arrived_at_incident)
        self._tell_appliance(appliance, self.world.turnout_s if in_station else 0.0)

    def _arrived_at_incident(self, appliance: int) -> None:
        state = self._open[self._incident[appliance] or ""]
        first = state.expected_stop_s is None
        self._leg(appliance, AT_INCIDENT, NO_STATION, state.incident.on_scene_s)
        state.expected_stop_s = float(self._leg_end_s[appliance])
        self._at_leg_end(appliance, self._released)
        self._tell_appliance(appliance)
        if first:
            self._tell_incident(state, "updated")

    def _released(self, appliance: int) -> None:
        state = self._open[self._incident[appliance] or ""]
        home = int(self.world.appliance_home[appliance])
        kind = int(self.world.appliance_kind[appliance])
        self._incident[appliance] = None
        state.engaged.discard(appliance)
        self._leg(appliance, RETURNING, home, float(self.world.station_zone_s[home, state.incident.zone]))
        self._at_leg_end(appliance, self._arrived_at_station)
        self._tell_appliance(appliance)
        if not state.engaged and not any(state.wanting(k) for k in range(len(state.required))):
            del self._open[state.incident.id]
            self._tell_incident(state, "stopped")
        waiting = next((s for s in self._open.values() if s.wanting(kind)), None)
        if waiting is not None:
            self._send(waiting)

    def _arrived_at_station(self, appliance: int) -> None:
        self._leg(appliance, AVAILABLE, int(self._station[appliance]), 0.0)
        self._token[appliance] += 1
        self._tell_appliance(appliance)

    def _ordered(self, appliance: int, station: int) -> None:
        status, heading = self._status[appliance], int(self._station[appliance])
        if status > RELOCATING or heading == station:
            self.refused_moves += 1
            return
        between_s = self.world.station_station_s
        left_s = max(0.0, float(self._leg_end_s[appliance]) - self.now_s) if status != AVAILABLE else 0.0
        way_s = left_s + float(between_s[heading, station])
        origin = heading if status == AVAILABLE else NO_STATION
        left = int(self._origin[appliance])
        if status == RELOCATING and left != NO_STATION:
            gone_s = self.now_s - float(self._leg_start_s[appliance])
            way_s = min(way_s, gone_s + float(between_s[left, station]))
        self._leg(appliance, RELOCATING, station, way_s, origin)
        self._at_leg_end(appliance, self._arrived_at_station)
        self._tell_appliance(appliance)

    def _leg(
        self, appliance: int, status: int, station: int, duration_s: float, origin: int = NO_STATION
    ) -> None:
        self._status[appliance] = status
        self._station[appliance] = station
        self._origin[appliance] = origin
        self._leg_start_s[appliance] = self.now_s
        self._leg_end_s[appliance] = self.now_s + duration_s

    def _tell_appliance(self, appliance: int, depart_after_s: float = 0.0) -> None:
        status, station, incident = self.place(appliance)
        ends_s = None if status == "available" else float(self._leg_end_s[appliance])
        self._out.append(
            ApplianceTransition(
                self.now_s, appliance, status, station, incident, self.now_s + depart_after_s, ends_s
            )
        )

    def _tell_incident(
        self,
        state: _Open,
        action: IncidentAction,
        first_s: float | None = None,
        second_s: float | None = None,
    ) -> None:
        self._out.append(
            IncidentTransition(
                self.now_s,
                state.incident.id,
                action,
                state.required,
                state.expected_stop_s,
                first_s,
                second_s,
            )
        )
