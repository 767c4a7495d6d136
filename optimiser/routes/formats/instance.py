"""An instance read from a file: the problem, what kind it is, and what its cost is in the file's own unit.

Made by the readers of this folder and by `services.routes_file`; used by commands and benchmarks. Never
reads a file.
"""

from dataclasses import dataclass
from typing import Literal

from optimiser.routes.problem import RouteProblem
from optimiser.routes.verdict import Verdict

InstanceKind = Literal["cvrp", "vrptw", "mtvrptwr", "kim", "carp", "native"]

MUST_SERVE_COST = 1e6
"""Price of an unserved stop in a benchmark instance, in the problem's own cost (metres or tenths of a unit):
above any detour the instances at hand know (a whole day of Kim's 804 stops drives 1e6 m), and small enough
that sums of a thousand of them stay exact in a double."""


COST_DIGITS = 6
"""Decimals of a cost that is given: finer than any published, coarser than what doubles add to 53026.1."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A problem and how its cost is published.

    Parameters
    ----------
    name
        The instance's name.
    problem
        The day as a question. Its distances are in whatever unit the format's rounding convention needs.
    kind
        The format. All but `native` are benchmarks: there every stop has to be served.
    best_known
        Cost of the best known solution in the published unit, where the caller knows it.
    cost_per_m
        Published cost for each unit of distance driven; None where cost is the checker's whole total.
    cost_fixed
        Published cost that no plan changes (streets driven while they are served), added to the driven one.
    location_ids, materials, skills
        Names of the problem's locations (L), materials (K) and skill bits (from bit 0), for what is shown and
        written; empty where they have none but their numbers.
    """

    name: str
    problem: RouteProblem
    kind: InstanceKind
    best_known: float | None = None
    cost_per_m: float | None = None
    cost_fixed: float = 0.0
    location_ids: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()

    @property
    def must_serve_all(self) -> bool:
        """Whether a plan that leaves a stop unserved is no answer at all."""
        return self.kind != "native"

    def cost_of(self, verdict: Verdict) -> float:
        """Return the cost of a judged plan, in the unit and rounding of the published solution."""
        if self.cost_per_m is None:
            return round(verdict.cost.total, COST_DIGITS)
        return round(self.cost_fixed + verdict.cost.dist_m * self.cost_per_m, COST_DIGITS)
