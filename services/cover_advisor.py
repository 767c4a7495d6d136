"""What is told beside a plan's moves: whom to mobilise, who returns, what else could be done.

Owned by the cover solver, on its thread. Asks the optimiser; adds no judgement of its own.
"""

from dataclasses import replace

from geo.region import Region
from optimiser.cover.engine import CoverEngine
from optimiser.cover.homecoming import advise_homecoming
from optimiser.cover.mobilising import MobilisingAdvice, advise_mobilising
from optimiser.cover.plan import CoverPlan
from optimiser.cover.problem import CoverProblem
from services.advice_message import Advice
from services.move_stability import MoveStability
from services.open_needs import Need, OpenNeeds
from services.picture import Picture

NEEDS_AT_ONCE = 4
"""Appliances that advice beside the first plan may look for: at London's size up to 5 ms of its time at the
95th percentile; for twelve it were 28 ms, and such advice comes with the proof."""


class CoverAdvisor:
    """Advice for one region."""

    def __init__(self, region: Region, engine: CoverEngine) -> None:
        self._engine = engine
        self._needs = OpenNeeds(region)
        self._stability = MoveStability(region)

    def warm_up(self) -> None:
        """Build what is built once."""
        self._needs.warm_up()

    def at_once(self, picture: Picture, problem: CoverProblem) -> Advice:
        """What an officer needs with the first plan: whom to mobilise.

        It takes some milliseconds at most: where incidents lack many, that advice comes later, and is None
        here. The stability of the moves is told where it has been counted already.
        """
        needs = self._needs.of(picture)
        cheap = sum(sum(need.needs) for need in needs) <= NEEDS_AT_ONCE
        return Advice(
            mobilising=tuple(self._mobilising(need, problem) for need in needs) if cheap else None,
            stability=self._stability.known(picture),
        )

    def in_full(self, advice: Advice, picture: Picture, problem: CoverProblem, plan: CoverPlan) -> Advice:
        """All advice, that given at once included: some tens of milliseconds."""
        mobilising = advice.mobilising
        if mobilising is None:
            mobilising = tuple(self._mobilising(need, problem) for need in self._needs.of(picture))
        return replace(
            advice,
            mobilising=mobilising,
            stability=self._stability.of(picture),
            alternatives=self._engine.alternatives(problem, plan),
            home=advise_homecoming(self._engine.index, problem),
        )

    def for_better(self, advice: Advice, problem: CoverProblem, plan: CoverPlan) -> Advice:
        """The same for a better plan: only the other choices change."""
        return replace(advice, alternatives=self._engine.alternatives(problem, plan))

    def _mobilising(self, need: Need, problem: CoverProblem) -> tuple[str, MobilisingAdvice]:
        return need.incident, advise_mobilising(self._engine.index, problem, need.zone, need.needs)
