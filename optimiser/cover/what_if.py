"""What if: the problem as it would be with an incident more, or with appliances off the run.

Called by services when an operator asks; the engine answers the supposed problem like any other. It never
changes the problem it is given, so the live picture stays as it is.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.cover.absence import without
from optimiser.cover.arrays import CoverInputError
from optimiser.cover.attendance_index import AttendanceIndex
from optimiser.cover.mobilising import MobilisingAdvice, advise_mobilising
from optimiser.cover.problem import CoverProblem


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed to happen now: an incident, appliances off the run, or both.

    `zone` is where the incident is, None for none; `needs` its appliances by kind, () without a zone.
    `off_run`: indices of available appliances that go off the run.
    """

    zone: int | None = None
    needs: tuple[int, ...] = ()
    off_run: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Supposed:
    """The supposed problem, and whom the incident would take (None without one)."""

    problem: CoverProblem
    mobilising: MobilisingAdvice | None


def supposing(index: AttendanceIndex, problem: CoverProblem, supposition: Supposition) -> Supposed:
    """Return the problem as it would be.

    Appliances off the run go first; then the incident takes the nearest of those left, as control rooms do
    by default (the mobilising advice holds the other choice). All these are unavailable in the supposed
    problem; nothing else changes: rejected moves, charges and rules stay, and so do the expected returns of
    the scenes, since the supposed incident is thought to outlast the horizon. Where a scene has one of them
    on the road, it is not there either.

    Parameters
    ----------
    index, problem
        Region and live problem, which is left as it is.
    supposition
        What is supposed.

    Raises
    ------
    CoverInputError
        Naming `zone`, `needs` or `off_run`, the value and what would be right.
    """
    _check(problem, supposition)
    supposed = without(problem, supposition.off_run) if supposition.off_run else problem
    if supposition.zone is None:
        return Supposed(supposed, None)
    advice = advise_mobilising(index, supposed, supposition.zone, supposition.needs)
    sent = [one.appliance for one in advice.nearest.appliances]
    return Supposed(without(supposed, sent) if sent else supposed, advice)


def _check(problem: CoverProblem, supposition: Supposition) -> None:
    if supposition.zone is None and any(supposition.needs):
        raise CoverInputError("needs", supposition.needs, "() where there is no zone")
    for i, a in enumerate(supposition.off_run):
        field = f"off_run[{i}]"
        whole = isinstance(a, (int, np.integer)) and not isinstance(a, bool)
        if not whole or not 0 <= a < problem.n_appliances:
            raise CoverInputError(field, a, f"an appliance index, 0 to {problem.n_appliances - 1}")
        if not problem.available[a]:
            raise CoverInputError(field, a, "an available appliance; this one is not available already")
        if a in supposition.off_run[:i]:
            raise CoverInputError(field, a, "each appliance once")
