"""A stop tried in one round with some of the rules loosened: whether it fits, where, and how much it takes.

Called by the reasons and the relaxations. It loosens arrays of a model of its own and lets the solvers' own
insertion look; it never judges a round: that is the checker's.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from math import inf
from typing import Any

import numpy as np

from optimiser.routes.arrays import AnyArray, FloatArray
from optimiser.routes.day_state import DayState
from optimiser.routes.kernel_insert import Place, place_in, put
from optimiser.routes.kernel_random import new_dice
from optimiser.routes.kernel_round import renew
from optimiser.routes.model import Model, build_model
from optimiser.routes.plan import DayPlan, Round
from optimiser.routes.round_cut import RoundCut
from optimiser.routes.round_spans import Span, begin_spans, longer_spans, spans_of

MINUTE_S = 60.0
LOAD_STEPS = 100
"""Loads are loosened in hundredths of what the stop gives."""
ENDLESS_S = 1e9
"""Later than any day ends, and still a number to count with."""
MOST_CALLS = 2
"""A stop is put in together with two tips at most, so that more trips than this are of no use."""
LOOSENED = (
    "opens", "closes", "n_open", "simple", "ways", "release", "lock_at", "hard_s", "capacity", "daily_load",
    "daily_stops", "max_trips", "rest_from", "rest_until", "rest_s",
)  # fmt: skip


class Obstacle(StrEnum):
    """A rule that may stand in the way, the stop's own windows and bans apart from the others'."""

    WINDOW = "window"
    BAN = "ban"
    OTHER_WINDOW = "other_window"
    OTHER_BAN = "other_ban"
    SHIFT = "shift"
    BREAK = "break"
    CAPACITY = "capacity"
    TIP_HOURS = "tip_hours"
    TRIPS = "trips"
    DAILY_CAP = "daily_cap"
    LOCK_POSITION = "lock_position"
    DIRECTION = "direction"
    RELEASE = "release"


Loose = tuple[Obstacle, float]
"""A rule, and by how many steps it is loosened: minutes, hundredths of the load, pieces; inf: it is gone."""

MOST_STEPS: dict[Obstacle, int] = {
    Obstacle.WINDOW: 1440,
    Obstacle.OTHER_WINDOW: 1440,
    Obstacle.SHIFT: 1440,
    Obstacle.BREAK: 1440,
    Obstacle.TIP_HOURS: 1440,
    Obstacle.RELEASE: 1440,
    Obstacle.CAPACITY: LOAD_STEPS,
    Obstacle.TRIPS: MOST_CALLS,
    Obstacle.DAILY_CAP: LOAD_STEPS,
}
"""Of the rules that can be loosened by steps: a day, all of the load, the tips that a stop can come with."""


class RoundTrial:
    """A round, and a further stop that is tried in it.

    Parameters
    ----------
    cut
        The round, cut out of the day.
    """

    def __init__(self, cut: RoundCut) -> None:
        self.cut = cut
        problem = cut.problem
        stops = problem.stops
        self.windows = _spans(stops.window_open_s, stops.window_close_s)
        self.bans = _spans(stops.ban_from_s, stops.ban_until_s)
        self.tip_windows = _spans(problem.tips.window_open_s, problem.tips.window_close_s)
        self._others = [n for n in range(len(stops)) if n != cut.target]
        self.model = self._model()
        self._true = {name: getattr(self.model, name).copy() for name in LOOSENED}
        self._true["max_trips"] = problem.fleet.max_trips.copy()
        self._now = (self.windows.copy(), self.bans.copy())
        self._state = DayState(problem, self.model, DayPlan((cut.visits,)))
        self._dice = new_dice(1)
        self._ways: dict[Obstacle, Callable[[float], None]] = {
            Obstacle.WINDOW: self._window,
            Obstacle.BAN: self._ban,
            Obstacle.OTHER_WINDOW: self._other_windows,
            Obstacle.OTHER_BAN: self._other_bans,
            Obstacle.SHIFT: self._shift,
            Obstacle.BREAK: self._break,
            Obstacle.CAPACITY: self._capacity,
            Obstacle.TIP_HOURS: self._tip_hours,
            Obstacle.TRIPS: self._trips,
            Obstacle.DAILY_CAP: self._daily_cap,
            Obstacle.LOCK_POSITION: self._lock_position,
            Obstacle.DIRECTION: self._direction,
            Obstacle.RELEASE: self._release,
        }
        self.obstacles = tuple(one for one in Obstacle if self._possible(one))

    def _model(self) -> Model:
        problem, gives = self.cut.problem, self.cut.problem.stops.load[self.cut.target] > 0
        missing = gives & (problem.fleet.capacity[0] == 0)
        if missing.any():  # what it is to carry when capacity is loosened must have its pairs of tips
            carries = np.where(missing, 1.0, problem.fleet.capacity)
            model = build_model(replace(problem, fleet=replace(problem.fleet, capacity=carries)))
            model = model._replace(capacity=problem.fleet.capacity)
        else:
            model = build_model(problem)
        most = max(len(w) + len(b) for w, b in zip(self.windows, self.bans, strict=True))
        wider = ((0, 0), (0, max(0, most + 1 - model.opens.shape[1])))
        loose: dict[str, Any] = {name: getattr(model, name).copy() for name in LOOSENED}
        for name in ("opens", "closes"):
            loose[name] = np.pad(loose[name], wider, constant_values=inf)
        # Whether a vehicle may serve it at all, and what it costs to move it, is not the round's to say.
        loose["may"], loose["home"] = np.ones_like(model.may), np.full_like(model.home, -1)
        # Room for the trips of a round that is not right, and for those that are tried.
        loose["max_trips"] = model.max_trips + len(self.cut.visits) + MOST_CALLS
        # What is never over would be no later than an endless shift.
        loose["hard_s"] = np.minimum(model.hard_s, ENDLESS_S)
        return model._replace(**loose)

    def _possible(self, obstacle: Obstacle) -> bool:
        """Whether the rule says anything at all in this round."""
        stops, target = self.cut.problem.stops, self.cut.target
        if obstacle == Obstacle.WINDOW:
            return self.windows[target] != [(-inf, inf)]
        if obstacle == Obstacle.BAN:
            return bool(self.bans[target])
        if obstacle == Obstacle.OTHER_WINDOW:
            return any(self.windows[n] != [(-inf, inf)] for n in self._others)
        if obstacle == Obstacle.OTHER_BAN:
            return any(self.bans[n] for n in self._others)
        if obstacle == Obstacle.BREAK:
            return bool(self.model.rest_s[0] > 0)
        if obstacle == Obstacle.LOCK_POSITION:
            return bool((stops.locked_position >= 0).any())
        if obstacle == Obstacle.DIRECTION:
            return bool(not stops.either_way[target] and stops.entry[target] != stops.exit[target])
        if obstacle == Obstacle.RELEASE:
            return bool(np.isfinite(stops.release_s).any())
        return True

    def try_with(self, loose: tuple[Loose, ...] = ()) -> Place:
        """Cheapest feasible place with these rules loosened; vehicle -1 for none."""
        self.loosen(loose)
        return self.place()

    def loosen(self, loose: tuple[Loose, ...]) -> None:
        """Loosen these rules, and no others."""
        self.strict()
        for obstacle, steps in loose:
            self._ways[obstacle](steps)

    def strict(self) -> None:
        """All rules as they are in the problem again."""
        for name, true in self._true.items():
            getattr(self.model, name)[...] = true
        self._now = (self.windows.copy(), self.bans.copy())

    def place(self) -> Place:
        """Cheapest feasible place under the rules as they now are in `model`; vehicle -1 for none."""
        m, d = self._state.model_ref, self._state.ref
        renew(m, d, 0)
        return place_in(m, d, self.cut.target, 0, inf, 0.0, self._dice)

    def round_with(self, place: Place) -> Round:
        """The round with the stop where `place`, the last one found, says; in the cut's numbers."""
        m, d, day = self._state.model_ref, self._state.ref, self._state.day
        kept = day.node[0].copy(), day.way[0].copy(), int(day.n[0])
        put(m, d, self.cut.target, place)
        made = self._state.round(0)
        day.node[0], day.way[0], day.n[0] = kept
        day.vehicle[self.cut.target] = -1
        renew(m, d, 0)
        return made

    def write_spans(self, n: int, windows: list[Span] | None = None, bans: list[Span] | None = None) -> None:
        """Give a stop other windows, or other bans; None for those it has now."""
        m = self.model
        if windows is not None:
            self._now[0][n] = windows
        if bans is not None:
            self._now[1][n] = bans
        spans = begin_spans(self._now[0][n], self._now[1][n], float(m.service[n]))
        m.n_open[n], m.simple[n] = self._write(n, spans), len(spans) == 1

    def _write(self, node: int, spans: list[Span]) -> int:
        m = self.model
        m.opens[node], m.closes[node] = inf, inf
        for w, (opens, closes) in enumerate(spans):
            m.opens[node, w], m.closes[node, w] = opens, closes
        return len(spans)

    def write_tip(self, tip: int, windows: list[Span]) -> None:
        """Give a tip other hours."""
        m = self.model
        for node in range(m.n_stops, m.n_nodes):
            if tip == (node - m.n_stops if m.then[node] < 0 else int(m.first[node]) - m.n_stops):
                m.n_open[node] = self._write(node, windows)
                m.simple[node] = len(windows) == 1 and m.then[node] < 0

    def _window(self, steps: float) -> None:
        target = self.cut.target
        self.write_spans(target, longer_spans(self.windows[target], steps * MINUTE_S))

    def _ban(self, steps: float) -> None:
        del steps
        self.write_spans(self.cut.target, bans=[])

    def _other_windows(self, steps: float) -> None:
        for n in self._others:
            self.write_spans(n, longer_spans(self.windows[n], steps * MINUTE_S))

    def _other_bans(self, steps: float) -> None:
        del steps
        for n in self._others:
            self.write_spans(n, bans=[])

    def _shift(self, steps: float) -> None:
        self.model.hard_s[0] = min(ENDLESS_S, float(self.model.hard_s[0]) + steps * MINUTE_S)

    def _break(self, steps: float) -> None:
        m = self.model
        if steps == inf:
            m.rest_s[0] = 0.0
        else:
            m.rest_from[0] -= steps * MINUTE_S
            m.rest_until[0] += steps * MINUTE_S

    def _capacity(self, steps: float) -> None:
        self.model.capacity[0] += inf if steps == inf else self._loads(steps)

    def _loads(self, steps: float) -> AnyArray:
        loads: AnyArray = self.model.load[self.cut.target] * (steps / LOAD_STEPS)
        return loads

    def _tip_hours(self, steps: float) -> None:
        for tip, windows in enumerate(self.tip_windows):
            self.write_tip(tip, longer_spans(windows, steps * MINUTE_S))

    def _trips(self, steps: float) -> None:
        self.model.max_trips[0] += len(self.cut.visits) + MOST_CALLS if steps == inf else int(steps)

    def _daily_cap(self, steps: float) -> None:
        m = self.model
        m.daily_stops[0] += inf if steps == inf else 1
        m.daily_load[0] += inf if steps == inf else self._loads(steps)

    def _lock_position(self, steps: float) -> None:
        del steps
        self.model.lock_at[:] = -1

    def _direction(self, steps: float) -> None:
        del steps
        self.model.ways[self.cut.target] = 2

    def _release(self, steps: float) -> None:
        m, target = self.model, self.cut.target
        if steps == inf:
            m.release[:] = -inf
        else:
            m.release[target] -= steps * MINUTE_S


def _spans(begins_s: FloatArray, ends_s: FloatArray) -> list[list[Span]]:
    return [spans_of(*pair) for pair in zip(begins_s, ends_s, strict=True)]
