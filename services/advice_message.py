"""From the optimiser's advice (indices) to advice as people read it (names): choices, homecoming, mobilising.

Called by the plan messenger and the what-if desk. Pure; adds no judgement of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geo.region import Region
from optimiser.cover.homecoming import HomeAdvice
from optimiser.cover.mobilising import Mobilised, MobilisingAdvice, MobilisingChoice
from optimiser.cover.plan import CoverFigures, FrontierPoint, Move
from optimiser.cover.reasons import GroundChange
from streams.cover_advice import (
    AlternativeChoice,
    GroundEffect,
    HomeAdviceData,
    MobilisedAppliance,
    MobilisingChoiceData,
    MobilisingData,
    MoveName,
    Stability,
)
from streams.cover_plan import Figures, FrontierChoice, KindShares


@dataclass(frozen=True, slots=True)
class Advice:
    """What is told beside a plan's moves.

    `mobilising` holds the incident's id beside the advice for it. None is what was not worked out.
    """

    alternatives: tuple[FrontierPoint, ...] | None = None
    home: tuple[HomeAdvice, ...] | None = None
    mobilising: tuple[tuple[str, MobilisingAdvice], ...] | None = None
    stability: Stability | None = None


NO_ADVICE = Advice()


class AdviceMessenger:
    """Writes advice of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._stations = region.stations.ids
        self._appliances = region.appliances.ids
        self._kinds = tuple(kind.id for kind in region.kinds)

    def move_id(self, move: Move) -> str:
        """The move's name, the same in every plan that proposes it: `A211>A24`."""
        return f"{self._appliances[move.appliance]}>{self._stations[move.destination]}"

    def named(self, move: Move) -> MoveName:
        """A move of another choice than the plan's own."""
        return MoveName(
            move_id=self.move_id(move),
            appliance=self._appliances[move.appliance],
            kind=self._kinds[int(self._region.appliances.kind[move.appliance])],
            from_station=self._stations[move.origin],
            to_station=self._stations[move.destination],
            travel_s=self.travel_s(move),
            cost=round(move.cost, 3),
        )

    def travel_s(self, move: Move) -> float:
        """Driving time of a move, seconds."""
        return round(float(self._region.station_station_s[move.origin, move.destination]), 1)

    def choice(self, moves: int, point: FrontierPoint) -> FrontierChoice:
        """The best found with at most so many moves."""
        return FrontierChoice(
            moves=moves,
            move_ids=[self.move_id(move) for move in point.moves],
            objective=round(point.objective, 3),
            risk=round(point.risk, 3),
            first_share=share(point.figures.first_share[0]),
            second_share=share(point.figures.second_share[0]),
            gap=known(point.gap, point.bound, point.objective),
            named=[self.named(move) for move in point.moves],
        )

    def alternative(self, point: FrontierPoint) -> AlternativeChoice:
        """A next-best plan."""
        return AlternativeChoice(
            moves=[self.named(move) for move in point.moves],
            objective=round(point.objective, 3),
            risk=round(point.risk, 3),
            first_share=share(point.figures.first_share[0]),
            second_share=share(point.figures.second_share[0]),
        )

    def figures(self, figures: CoverFigures) -> Figures:
        """Cover in figures, by kind."""
        kinds = {
            kind: KindShares(share(figures.first_share[k]), share(figures.second_share[k]))
            for k, kind in enumerate(self._kinds)
        }
        first = kinds[self._kinds[0]]
        return Figures(round(figures.risk, 3), first.first_share, first.second_share, kinds)

    def effects(self, changes: Sequence[GroundChange]) -> list[GroundEffect]:
        """How station grounds fare."""
        return [
            GroundEffect(
                self._stations[change.station], round(change.seconds, 1), round(change.demand_per_h, 4)
            )
            for change in changes
        ]

    def home(self, advice: HomeAdvice) -> HomeAdviceData:
        """Return or stay."""
        return HomeAdviceData(
            appliance=self._appliances[advice.appliance],
            kind=self._kinds[int(self._region.appliances.kind[advice.appliance])],
            station=self._stations[advice.station],
            home=self._stations[advice.home],
            action=advice.action,
            risk_change=round(advice.risk_change, 3),
            cost=round(advice.cost, 3) if math.isfinite(advice.cost) else None,
            gains=self.effects(advice.gains),
            loses=self.effects(advice.loses),
        )

    def mobilising(self, incident: str, advice: MobilisingAdvice) -> MobilisingData:
        """Whom to send to an incident."""
        return MobilisingData(
            incident=incident,
            short={self._kinds[k]: n for k, n in enumerate(advice.short) if n > 0},
            risk_before=round(advice.risk_before, 3),
            nearest=self._mobilised(advice.nearest, advice.risk_before),
            least_cover=self._mobilised(advice.least_cover, advice.risk_before),
        )

    def _mobilised(self, choice: MobilisingChoice, risk_before: float) -> MobilisingChoiceData:
        return MobilisingChoiceData(
            appliances=[self._one(one) for one in choice.appliances],
            risk_after=round(choice.risk_after, 3),
            rise=round(choice.risk_after - risk_before, 3),
            first_s=_seconds(choice.first_s[0]),
            second_s=_seconds(choice.second_s[0]),
        )

    def _one(self, one: Mobilised) -> MobilisedAppliance:
        return MobilisedAppliance(
            appliance=self._appliances[one.appliance],
            kind=self._kinds[one.kind],
            station=self._stations[one.station],
            attendance_s=round(float(one.attendance_s), 1),
        )


def share(value: float) -> float:
    """A share for the wire."""
    return round(float(value), 6)


def known(value: float | None, bound: float | None, objective: float, digits: int = 7) -> float | None:
    """A gap or bound for the wire, never below zero; None where nothing is proven.

    A proof stopped before its first bound has zero for one: true of any plan, and no news.
    """
    if value is None or bound is None or (bound <= 0 < objective):
        return None
    return round(max(value, 0.0), digits)


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)
