"""From the optimiser's plan (indices) to the plan as people and other systems read it (names, WGS84).

Called by the cover solver and the what-if solver. Pure but for the route lines it keeps; adds no judgement
of its own.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from geo.arrays import FloatArray
from geo.region import Region
from optimiser.cover.plan import CoverPlan, Move, ZoneTimes
from optimiser.cover.reasons import MoveReason
from services.advice_message import NO_ADVICE, Advice, AdviceMessenger, known, share
from services.raised_demand import Raised
from services.route_lines import RouteLines
from streams.cover_advice import ClusterRaise, DemandRaised
from streams.cover_plan import CoverPlanData, PlanLatency, PlanMove, ZoneBands

BAND_STEP_S = 10
CLUSTERS_NAMED = 50
"""Clusters a plan names; what the others add is in its total."""

Given = TypeVar("Given")
Told = TypeVar("Told")


class PlanMessenger:
    """Writes plans of one region.

    Parameters
    ----------
    lines
        The route lines moves are drawn with; whoever owns them has them looked up.
    """

    def __init__(self, region: Region, lines: RouteLines) -> None:
        self._region = region
        self._lines = lines
        self.words = AdviceMessenger(region)

    def message(
        self,
        plan: CoverPlan,
        reasons: Sequence[MoveReason],
        *,
        plan_id: str,
        revision: int,
        picture_offset: int,
        picture_time: datetime,
        published_at: datetime,
        latency: PlanLatency,
        advice: Advice = NO_ADVICE,
        raised: DemandRaised | None = None,
    ) -> CoverPlanData:
        """The plan for the wire; its moves keep their order, by what each brings."""
        words = self.words
        return CoverPlanData(
            plan_id=plan_id,
            revision=revision,
            picture_offset=picture_offset,
            picture_time=picture_time,
            published_at=published_at,
            certificate=plan.certificate,
            moves=[
                self._move(move, reason, rank)
                for rank, (move, reason) in enumerate(zip(plan.moves, reasons, strict=True), start=1)
            ],
            before=words.figures(plan.before),
            after=words.figures(plan.after),
            objective=round(plan.objective, 3),
            bound=known(plan.bound, plan.bound, plan.objective, 3),
            gap=known(plan.gap, plan.bound, plan.objective),
            frontier=[words.choice(n, point) for n, point in enumerate(plan.frontier)],
            latency=latency,
            alternatives=_each(words.alternative, advice.alternatives),
            home_advice=_each(words.home, advice.home),
            mobilising=_each(lambda one: words.mobilising(*one), advice.mobilising),
            stability=advice.stability,
            demand_raised=raised,
        )

    def bands(
        self,
        now: ZoneTimes,
        after: ZoneTimes,
        *,
        plan_id: str,
        revision: int,
        kind: int,
        raised: Raised | None = None,
    ) -> ZoneBands:
        """Attendance times by zone of one kind, now and with the plan carried out, and what reports add."""
        return ZoneBands(
            plan_id=plan_id,
            revision=revision,
            kind=self._region.kinds[kind].id,
            step_s=BAND_STEP_S,
            now_first=_band(now.first_s[kind]),
            now_second=_band(now.second_s[kind]),
            after_first=_band(after.first_s[kind]),
            after_second=_band(after.second_s[kind]),
            raised="" if raised is None else _hundredths(raised.extra_per_h),
        )

    def _move(self, move: Move, reason: MoveReason, rank: int) -> PlanMove:
        region = self._region
        stations = region.stations.ids
        return PlanMove(
            move_id=self.words.move_id(move),
            rank=rank,
            appliance=region.appliances.ids[move.appliance],
            kind=region.kinds[int(region.appliances.kind[move.appliance])].id,
            from_station=stations[move.origin],
            to_station=stations[move.destination],
            travel_s=self.words.travel_s(move),
            route=self._lines.line(move),
            cost=round(move.cost, 3),
            contribution=round(reason.contribution, 3),
            first_share_gain=round(reason.first_share_gain, 6),
            second_share_gain=round(reason.second_share_gain, 6),
            gains=self.words.effects(reason.gains),
            loses=self.words.effects(reason.loses),
            reason=reason.reason,
            rule=reason.rule,
        )


def demand_raised(raised: Raised | None, demand_per_h: FloatArray) -> DemandRaised | None:
    """What reports add, for the wire; `demand_per_h` is all the demand counted, (K, Z)."""
    if raised is None:
        return None
    return DemandRaised(
        extra_per_h=round(raised.total_per_h, 4),
        zones=raised.zones,
        share=share(raised.total_per_h / float(demand_per_h[0].sum())),
        clusters=[
            ClusterRaise(one.cluster, round(one.extra_per_h, 4), one.zones)
            for one in raised.clusters[:CLUSTERS_NAMED]
        ],
    )


def _each(tell: Callable[[Given], Told], given: Sequence[Given] | None) -> list[Told] | None:
    """Each told; None stays None: it was not worked out."""
    return None if given is None else [tell(one) for one in given]


def _hundredths(extra_per_h: FloatArray) -> str:
    steps = np.ceil(extra_per_h * 100).clip(0, 255).astype(np.uint8)
    return base64.b64encode(steps.tobytes()).decode("ascii")


def _band(seconds: npt.NDArray[np.float32]) -> str:
    steps = np.ceil(seconds / BAND_STEP_S).clip(0, 180).astype(np.uint8)
    return base64.b64encode(steps.tobytes()).decode("ascii")
