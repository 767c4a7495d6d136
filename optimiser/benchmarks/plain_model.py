"""The whole problem written down as the textbook does, for a general integer solver to solve as it comes.

Used by the benchmark and, at small size, by tests that check the engine against it. It shares the rules of
moving (`Movers`) with the engine and nothing else: no cuts, no groups of zones, no search.

For each kind k, zone z and station j within the cap, y1 and y2 say that the first and the second appliance of
z come from j; x counts appliances after the moves m (of groups of interchangeable appliances):

    minimise   sum demand (c1(t) y1 + c2(t) y2) + sum cost m
    for each zone:     sum_j y1 + none1 = 1,  sum_j y2 + none2 = 1
    linking:           y1 + y2 <= x
    balance:           x = counts - leaving + coming
    rules:             leaving <= may_leave, x <= room, m <= group size, sum m <= max_moves

with c1, c2 the price of a first or second time (design, "The objective of cover"). As w1 >= w2 the nearest
comes first without being told to. x is whole where m is, and then some best y is: so only m is declared whole
to SCIP. CP-SAT knows no other numbers than whole ones, and gets all as such.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.benchmarks.model_rows import ModelRows, MoveColumns
from optimiser.cover.arrays import FloatArray, IntArray
from optimiser.cover.movers import Movers
from optimiser.cover.problem import CoverProblem
from optimiser.cover.standard import Standard


@dataclass(frozen=True, slots=True, eq=False)
class PlainModel:
    """Rows and columns, what is paid in any case, and the columns that are moves."""

    rows: ModelRows
    constant: float
    moves: MoveColumns


def price_of_first(standard: Standard, time_s: FloatArray) -> FloatArray:
    """Return what a first attendance time costs per incident, the same shape."""
    late = standard.first_late_s * (time_s > standard.first_target_s)
    late = late + standard.late_s * (time_s > standard.second_target_s)
    price: FloatArray = standard.first_weight * time_s + late
    return price


def price_of_second(standard: Standard, time_s: FloatArray) -> FloatArray:
    """Return what a second attendance time costs per incident, the same shape."""
    late = standard.late_s * (time_s > standard.second_target_s)
    price: FloatArray = standard.second_weight * time_s + late
    return price


def plain_model(problem: CoverProblem, movers: Movers) -> PlainModel:
    """Write the model of a problem down.

    Parameters
    ----------
    problem
        Without scenes: the horizon is one.
    movers
        Of this problem, its prices complete.

    Raises
    ------
    ValueError
        Where the problem has scenes.
    """
    if getattr(problem, "scenes", ()):
        raise ValueError("scenes: the plain model knows one only; build the problem without")
    rows = ModelRows()
    constant = 0.0
    counts = rows.add_counts(movers)
    for k in range(problem.n_kinds):
        constant += _add_zones(rows, problem, k, counts[k])
    moves = rows.add_moves(movers, counts, movers.cost, problem.max_moves)
    return PlainModel(rows, constant, moves)


def _add_zones(rows: ModelRows, problem: CoverProblem, k: int, count: IntArray) -> float:
    """Add who comes first and second to each zone of one kind; return what is paid in any case."""
    standard = problem.standards[k]
    asked = np.flatnonzero(problem.demand_per_h[k] > 0.0)
    demand = problem.demand_per_h[k][asked]
    time_s = problem.attendance_s[:, asked].astype(np.float64)
    station, zone = np.nonzero(time_s < standard.cap_s)
    time_s = time_s[station, zone]
    link = rows.add_rows(np.full(station.size, -np.inf), np.zeros(station.size))
    rows.put(link, count[station], -1.0)
    constant = 0.0
    cap_s = np.array(standard.cap_s)
    for price in (price_of_first, price_of_second):
        if price is price_of_second and standard.second_weight == 0.0 and standard.late_s == 0.0:
            continue
        # What coming from a station saves against nobody coming at all: so the column "none" costs nothing.
        constant += float(price(standard, cap_s)) * float(demand.sum())
        saved = price(standard, cap_s) - price(standard, time_s)
        column = rows.add_columns(-demand[zone] * saved, np.ones(station.size))
        rows.put(link, column, 1.0)
        # The column "none" is the slack of this row.
        once = rows.add_rows(np.full(asked.size, -np.inf), np.ones(asked.size))
        rows.put(once[zone], column, 1.0)
    return constant
