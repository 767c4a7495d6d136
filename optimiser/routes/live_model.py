"""The compiled model with spare rows, so that a new stop is written in rather than the model built anew.

Called by the instant layer. What `build_model` would say of a new stop is written into its row; building
from anew would cost more than the whole answer may. It never decides where a stop goes.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from optimiser.routes.arrays import AnyArray, BoolArray, FloatArray
from optimiser.routes.kernel_round import LOAD_SLACK
from optimiser.routes.live_table import LiveTable
from optimiser.routes.model import Model, build_model
from optimiser.routes.model_parts import begin_intervals, prefixes
from optimiser.routes.problem import RouteProblem

NODE_FIELDS = (
    "enter", "leave", "ways", "service", "opens", "closes", "n_open", "simple", "then", "first",
    "inner_travel", "inner_cost", "calls", "takes", "takes_all",
)  # fmt: skip
STOP_FIELDS = ("load", "holds", "release", "unserved", "lock_at", "placed", "home", "near", "timely")


class LiveModel:
    """A model on the roads of a table, with rows for stops to come.

    Parameters
    ----------
    problem
        The day to begin with.
    table
        The same day with room; its roads are the model's.
    """

    def __init__(self, problem: RouteProblem, table: LiveTable) -> None:
        self.model = _with_room(build_model(problem), table)
        self._fits: BoolArray = self.model.may.copy()  # skills, locks and the like: not whether it is lost
        if problem.in_force is not None and problem.in_force.lost.any():
            past = problem.in_force
            nobody = replace(past, lost=np.zeros_like(past.lost))
            able = build_model(replace(problem, in_force=nobody)).may
            self._fits[:, : able.shape[1]] = able

    def add_place(self, table: LiveTable, place: int) -> None:
        """Costs of the ways from and to a new location of the table."""
        model, weights, n = self.model, table.weights, place + 1
        row = weights.per_m * table.dist_m[place, :n] + weights.per_drive_s * table.travel_s[place, :n]
        column = weights.per_m * table.dist_m[:n, place] + weights.per_drive_s * table.travel_s[:n, place]
        model.cost[place, :n], model.cost[:n, place] = row, column
        model.cost_t[:n, place], model.cost_t[place, :n] = row, column
        self.model = model._replace(tip_detour=min(model.tip_detour, _detour_by(model, table, place)))

    def write(self, stop: int, one: RouteProblem, entry: int, leave: int, lost: BoolArray) -> None:
        """Write a new stop's row; `one` is its own problem."""
        model, stops, fleet = self.model, one.stops, one.fleet
        opens, closes, count = begin_intervals(one, np.zeros(0, np.int64))
        width = opens.shape[1]
        for wide, row in ((model.opens, opens), (model.closes, closes)):
            wide[stop] = np.inf
            wide[stop, :width] = row[0]
        model.n_open[stop], model.simple[stop] = count[0], count[0] == 1
        model.enter[stop], model.leave[stop] = (entry, leave), (leave, entry)
        model.ways[stop], model.service[stop] = 1 + stops.either_way[0], stops.service_s[0]
        model.load[stop] = stops.load[0]
        model.holds[stop] = sum(1 << k for k, held in enumerate(stops.load[0].tolist()) if held > 0)
        model.release[stop], model.unserved[stop] = stops.release_s[0], stops.unserved_cost[0]
        model.lock_at[stop], model.home[stop], model.placed[stop] = stops.locked_position[0], -1, False
        able = (stops.skills[0] & ~fleet.skills) == 0
        able &= (stops.load[0] <= fleet.capacity + LOAD_SLACK).all(axis=1)
        if stops.no_reversing[0]:
            able &= fleet.turns
        if stops.locked_vehicle[0] >= 0:
            able &= np.arange(len(fleet)) == stops.locked_vehicle[0]
        self._fits[:, stop] = able
        model.may[:, stop] = able & ~lost
        if np.isfinite(stops.release_s[0]) and not model.has_release:
            self.model = model._replace(has_release=True)

    def forget(self, stop: int) -> None:
        """Make a row spare again."""
        self.model.placed[stop], self.model.may[:, stop] = True, False
        self._fits[:, stop] = False

    def set_past(self, problem: RouteProblem) -> None:
        """Take over what is done and who is lost from a problem."""
        model, n = self.model, len(problem.stops)
        begin_s, done, rest_s, home, placed = prefixes(problem)
        model.begin_s[:], model.done[:], model.rest_s[:] = begin_s, done, rest_s
        model.home[:n], model.placed[:n] = home, placed
        past = problem.in_force
        lost = np.zeros(len(done), np.bool_) if past is None else past.lost
        model.may[:] = self._fits & ~lost[:, None]


def _detour_by(model: Model, table: LiveTable, place: int) -> float:
    """Least that a tip adds on a way from or to a new location."""
    n, least = place + 1, 0.0
    for tip in table.tips.location.tolist():
        out = model.cost[place, tip] + model.cost[tip, :n] - model.cost[place, :n]
        back = model.cost[:n, tip] + model.cost[tip, place] - model.cost[:n, place]
        least = min(least, float(out.min()), float(back.min()))
    return least


def _with_room(m: Model, table: LiveTable) -> Model:
    """The model with spare stop rows between stops and tips, and the table's spare locations."""
    n, more = m.n_stops, table.room - m.n_stops
    columns = table.columns
    wide = max(m.opens.shape[1], columns["window_open_s"].shape[1] + columns["ban_from_s"].shape[1])
    narrow: dict[str, Any] = {name: _wider(getattr(m, name), wide) for name in ("opens", "closes")}
    m = m._replace(**narrow)
    nodes = {name: _spread(getattr(m, name), n, more) for name in NODE_FIELDS}
    for name in ("then", "first"):
        column = nodes[name]
        nodes[name] = np.where(column >= n, column + more, column).astype(np.int32)
        nodes[name][n : n + more] = -1
    stops = {name: _spread(getattr(m, name), n, more) for name in STOP_FIELDS}
    stops["placed"][n:], stops["home"][n:] = True, -1
    weights = table.weights
    cost = weights.per_m * table.dist_m + weights.per_drive_s * table.travel_s
    may = np.zeros((len(m.start), table.room), np.bool_)
    may[:, :n] = m.may
    spread: dict[str, Any] = nodes | stops
    return m._replace(
        **spread,
        cost=cost,
        cost_t=np.ascontiguousarray(cost.T),
        travel=table.travel_s,
        may=may,
        kin=np.arange(len(m.start), dtype=np.int32),  # a lock to come may tell any two apart
        n_stops=n + more,
        n_nodes=m.n_nodes + more,
    )


def _spread(column: AnyArray, at: int, more: int) -> AnyArray:
    """The column with `more` empty rows before row `at`."""
    empty = np.zeros((more, *column.shape[1:]), column.dtype)
    return np.ascontiguousarray(np.concatenate((column[:at], empty, column[at:])))


def _wider(column: FloatArray, width: int) -> FloatArray:
    more = np.full((len(column), width - column.shape[1]), np.inf)
    return np.concatenate((column, more), axis=1)
