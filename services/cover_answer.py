"""The answer to a cover file: solved, proven for as long as allowed, and put into the words of the file.

Called by `cover solve`. Described in docs/cover-problem.md. It never reads files and never prints.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np

from optimiser.cover.engine import CoverEngine
from optimiser.cover.plan import Certificate, CoverPlan, FrontierPoint, Move, says_something
from services.cover_file import CoverFile
from services.cover_file_error import CoverFileError

MOST_ALTERNATIVES = 3


class MoveAnswer(msgspec.Struct, frozen=True):
    """One appliance, by id, from a station to another, by index into the file's stations."""

    appliance: str
    from_: int = msgspec.field(name="from")
    to: int


class FirstPlanAnswer(msgspec.Struct, frozen=True):
    """The plan before anything was proven, and the milliseconds it took."""

    objective: float
    elapsed_ms: float
    moves: tuple[MoveAnswer, ...]


class CertificateAnswer(msgspec.Struct, frozen=True):
    """How the proof ended, the milliseconds it took, and those of proving the frontier after it."""

    status: Certificate
    elapsed_ms: float
    frontier_elapsed_ms: float


class FrontierAnswer(msgspec.Struct, frozen=True):
    """The best plan with at most so many moves; bound and gap where something was proven."""

    max_moves: int
    objective: float
    risk: float
    moves: tuple[MoveAnswer, ...]
    bound: float | None
    gap: float | None


class AlternativeAnswer(msgspec.Struct, frozen=True):
    """A next-best plan."""

    objective: float
    risk: float
    moves: tuple[MoveAnswer, ...]


class Answer(msgspec.Struct, frozen=True):
    """The line printed for a file that could be read."""

    file: str
    moves: tuple[MoveAnswer, ...]
    risk_before: float
    risk_after: float
    objective: float
    bound: float | None
    gap: float | None
    first_plan: FirstPlanAnswer
    certificate: CertificateAnswer
    frontier: tuple[FrontierAnswer, ...]
    alternatives: tuple[AlternativeAnswer, ...]


class RefusedField(msgspec.Struct, frozen=True):
    """Which field of a file is wrong (empty: the file as a whole), what is there, what would be right."""

    field: str
    problem: str
    expected: str


class Refusal(msgspec.Struct, frozen=True):
    """The line printed, in its place, for a file that was refused."""

    file: str
    error: RefusedField

    @classmethod
    def of(cls, name: str, error: CoverFileError) -> "Refusal":
        """Put an error into the line's words."""
        return cls(name, RefusedField(error.field, error.problem, error.expected))


class CoverFileSolver:
    """Answers files one after the other; those of the same travel times and standard share one engine.

    Parameters
    ----------
    stopwatch
        Seconds from any fixed moment, never going back; measures and bounds the proofs.
    """

    def __init__(self, stopwatch: Callable[[], float] = time.perf_counter) -> None:
        self._stopwatch = stopwatch
        self._engine: CoverEngine | None = None

    def answer(self, name: str, file: CoverFile, seconds: float) -> Answer:
        """Solve the problem of a file.

        Parameters
        ----------
        name, file
            What the line shall call the file, and what was read from it.
        seconds
            Time allowed for proofs: first of the plan, then of the frontier.
        """
        engine = self._engine_for(file)
        # The engine's own array, which it knows without comparing half a million times.
        problem = replace(file.problem, attendance_s=engine.attendance_s)
        started = self._stopwatch()
        first = engine.first_plan(problem)
        planned = self._stopwatch()
        plan = engine.certify(problem, first, seconds)
        proven = self._stopwatch()
        plan = engine.certify_frontier(problem, plan, max(0.0, seconds - (proven - planned)))
        frontier_s = self._stopwatch() - proven
        alternatives = engine.alternatives(problem, plan, MOST_ALTERNATIVES)
        words = _Words(file)
        return Answer(
            file=name,
            moves=words.moves(plan.moves),
            risk_before=plan.before.risk,
            risk_after=plan.after.risk,
            objective=plan.objective,
            bound=_told(plan.bound, plan),
            gap=_told(plan.gap, plan),
            first_plan=FirstPlanAnswer(first.objective, _ms(planned - started), words.moves(first.moves)),
            certificate=CertificateAnswer(plan.certificate, _ms(proven - planned), _ms(frontier_s)),
            frontier=words.frontier(plan),
            alternatives=tuple(words.alternative(point) for point in alternatives),
        )

    def _engine_for(self, file: CoverFile) -> CoverEngine:
        problem, engine = file.problem, self._engine
        if (
            engine is None
            or engine.standards != problem.standards
            or not np.array_equal(engine.attendance_s, problem.attendance_s)
        ):
            # Only the last is kept: one of a large region takes gigabytes.
            self._engine = None
            engine = CoverEngine(problem.attendance_s, problem.standards, stopwatch=self._stopwatch)
            engine.warm_up()
            self._engine = engine
        return engine


class _Words:
    """Indices of the engine in the words of one file."""

    def __init__(self, file: CoverFile) -> None:
        self._ids = file.appliance_ids

    def moves(self, moves: tuple[Move, ...]) -> tuple[MoveAnswer, ...]:
        return tuple(MoveAnswer(self._ids[m.appliance], m.origin, m.destination) for m in moves)

    def frontier(self, plan: CoverPlan) -> tuple[FrontierAnswer, ...]:
        return tuple(
            FrontierAnswer(
                n,
                point.objective,
                point.risk,
                self.moves(point.moves),
                _told(point.bound, point),
                _told(point.gap, point),
            )
            for n, point in enumerate(plan.frontier)
        )

    def alternative(self, point: FrontierPoint) -> AlternativeAnswer:
        return AlternativeAnswer(point.objective, point.risk, self.moves(point.moves))


def _told(value: float | None, proven: CoverPlan | FrontierPoint) -> float | None:
    """A bound or gap, None where nothing was proven."""
    return value if says_something(proven.bound, proven.objective) else None


def _ms(seconds: float) -> float:
    return round(seconds * 1000.0, 3)
