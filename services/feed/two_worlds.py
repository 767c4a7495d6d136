"""The same calls answered twice: by a brigade that carries out moves and by one that does not.

Used by the replay. Decides nothing: which moves are carried out is what it is told.

How the comparison is kept fair:

- Both brigades get identical calls (time, zone, pumps, time on scene, stations asked first) and follow
  identical rules; the orders to move are the only difference.
- First and second attendance are measured by one rule in both: the modelled time (turnout and travel from
  the region's own matrices) of the nearest and second nearest available pump at the moment of the call,
  before any is sent. It is the simulator's own mobilising time, not a plan's forecast, and it includes
  whatever moved before, well or badly: the ground a moved pump left counts as much as the ground it covers.
- A pump on the road counts by the way it would really have to drive, with full turnout; a move in progress
  is never counted as if it had arrived.
- An order is given a decision delay after the *time of the picture* the plan was made from, never earlier
  than the simulation stands: no move profits from knowing what came after. After a job a moved pump goes
  home, as any other.
- A region whose demand was fitted on the very records that are replayed knows their places in the long run
  (not their times), which favours moving: fit on odd days and replay even days (`--calls`) to be fair.
- What it cannot tell: the recorded stations, asked first in both worlds, stem from a day with its own
  standby moves.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.simulation.brigade import Brigade
from optimiser.simulation.brigade_world import BrigadeWorld
from optimiser.simulation.incident import Incident
from optimiser.simulation.transition import IncidentTransition, Transition


@dataclass(frozen=True, slots=True)
class Attendance:
    """Modelled attendance over all calls of one world.

    Shares are of calls reached within the target; the second only over calls that asked for two or more at
    first. Means leave out calls for which there was none. All None where there was no such call.
    """

    calls: int
    first_share: float | None
    first_mean_s: float | None
    calls_for_two: int
    second_share: float | None
    second_mean_s: float | None


class _Measured:
    """Attendance times collected call by call."""

    def __init__(self) -> None:
        self.first_s: list[float] = []
        self.second_s: list[float] = []

    def add(self, change: IncidentTransition) -> None:
        self.first_s.append(np.inf if change.first_s is None else change.first_s)
        if sum(change.required) >= 2:
            self.second_s.append(np.inf if change.second_s is None else change.second_s)


class TwoWorlds:
    """Two brigades side by side.

    Parameters
    ----------
    world
        What both have.
    moving
        Whether moves will be ordered at all; without, one brigade stands for both.
    """

    def __init__(self, world: BrigadeWorld, moving: bool) -> None:
        """Put both brigades in their stations."""
        self.acting = Brigade(world)
        self._still = Brigade(world) if moving else None
        self._measured = (_Measured(), _Measured())

    @property
    def idle(self) -> bool:
        """Whether nothing is left to happen in either world."""
        return self.acting.idle and (self._still is None or self._still.idle)

    @property
    def next_s(self) -> float:
        """Simulated seconds of the next thing to happen in the world that acts."""
        return self.acting.next_s

    def call(self, incident: Incident) -> None:
        """Let an incident happen in both."""
        self.acting.call(incident)
        if self._still is not None:
            self._still.call(incident)

    def advance(self, until_s: float) -> list[Transition]:
        """Advance both; return what changed in the world that acts."""
        changes = self.acting.advance(until_s)
        self._measure(0, changes)
        if self._still is not None:
            self._measure(1, self._still.advance(until_s))
        return changes

    def finish(self) -> None:
        """Let the world without moves run out, once the other has."""
        if self._still is not None:
            self._measure(1, self._still.advance(np.inf))

    def attendance(
        self, first_target_s: float, second_target_s: float
    ) -> tuple[Attendance, Attendance | None]:
        """Return attendance without moves, and with them where any were to be ordered."""
        with_s = _attendance(self._measured[0], first_target_s, second_target_s)
        if self._still is None:
            return with_s, None
        return _attendance(self._measured[1], first_target_s, second_target_s), with_s

    def differences(self, first_target_s: float) -> tuple[int, int]:
        """Return on how many calls only the world with moves was in time, and only the one without."""
        if self._still is None:
            return 0, 0
        acting, still = (np.array(m.first_s) <= first_target_s for m in self._measured)
        return int((acting & ~still).sum()), int((still & ~acting).sum())

    def _measure(self, world: int, changes: list[Transition]) -> None:
        for change in changes:
            if isinstance(change, IncidentTransition) and change.action == "opened":
                self._measured[world].add(change)


def _attendance(measured: _Measured, first_target_s: float, second_target_s: float) -> Attendance:
    first_s, second_s = np.array(measured.first_s), np.array(measured.second_s)
    return Attendance(
        calls=len(first_s),
        first_share=_share(first_s, first_target_s),
        first_mean_s=_mean(first_s),
        calls_for_two=len(second_s),
        second_share=_share(second_s, second_target_s),
        second_mean_s=_mean(second_s),
    )


def _share(times_s: np.ndarray[tuple[int], np.dtype[np.float64]], target_s: float) -> float | None:
    return float((times_s <= target_s).mean()) if len(times_s) else None


def _mean(times_s: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
    known = times_s[np.isfinite(times_s)]
    return float(known.mean()) if len(known) else None
