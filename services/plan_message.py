"""From the optimiser's plan (indices) to the plan as people and other systems read it (names, WGS84).

Called by the cover solver. Pure but for its cache of route lines; adds no judgement of its own.
"""

import base64
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo.region import Region
from optimiser.cover.plan import CoverPlan, Move, ZoneTimes
from optimiser.cover.reasons import MoveReason
from services.advice_message import NO_ADVICE, Advice, AdviceMessenger, known
from streams.cover_plan import CoverPlanData, PlanLatency, PlanMove, ZoneBands

BAND_STEP_S = 10
ROUTE_POINTS = 60
"""Points of a route line on the wire: enough for a map of a whole city."""
ROUTES_KEPT = 4_000
"""Route lines remembered, by pair of stations; some 4 MB."""
Line = list[tuple[float, float]]


class PlanMessenger:
    """Writes plans of one region."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.words = AdviceMessenger(region)
        self._lonlat = region.to_wgs84(region.stations.en)
        self._routes: OrderedDict[tuple[int, int], Line] = OrderedDict()

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
            alternatives=[words.alternative(point) for point in advice.alternatives],
            home_advice=[words.home(one) for one in advice.home],
            mobilising=[words.mobilising(incident, one) for incident, one in advice.mobilising],
            stability=advice.stability,
        )

    def bands(self, now: ZoneTimes, after: ZoneTimes, *, plan_id: str, revision: int, kind: int) -> ZoneBands:
        """Attendance times by zone of one kind, now and with the plan carried out."""
        return ZoneBands(
            plan_id=plan_id,
            revision=revision,
            kind=self._region.kinds[kind].id,
            step_s=BAND_STEP_S,
            now_first=_band(now.first_s[kind]),
            now_second=_band(now.second_s[kind]),
            after_first=_band(after.first_s[kind]),
            after_second=_band(after.second_s[kind]),
        )

    def find_routes(self, moves: Sequence[Move]) -> None:
        """Look up the route lines of `moves` by road; until then a move is drawn as a straight line."""
        for move in moves:
            pair = (move.origin, move.destination)
            if pair in self._routes:
                self._routes.move_to_end(pair)
                continue
            stations = self._region.stations.en
            route = self._region.travel.route(stations[move.origin], stations[move.destination])
            picked = np.unique(
                np.linspace(0, len(route.en) - 1, min(ROUTE_POINTS, len(route.en))).astype(np.int64)
            )
            lonlat = self._region.to_wgs84(route.en[picked])
            self._routes[pair] = [(round(float(x), 5), round(float(y), 5)) for x, y in lonlat]
            while len(self._routes) > ROUTES_KEPT:
                self._routes.popitem(last=False)

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
            route=self._line(move),
            cost=round(move.cost, 3),
            contribution=round(reason.contribution, 3),
            first_share_gain=round(reason.first_share_gain, 6),
            second_share_gain=round(reason.second_share_gain, 6),
            gains=self.words.effects(reason.gains),
            loses=self.words.effects(reason.loses),
            reason=reason.reason,
            rule=reason.rule,
        )

    def _line(self, move: Move) -> Line:
        known = self._routes.get((move.origin, move.destination))
        if known is not None:
            return known
        ends = (self._lonlat[move.origin], self._lonlat[move.destination])
        return [(round(float(lon), 5), round(float(lat), 5)) for lon, lat in ends]


def _band(seconds: npt.NDArray[np.float32]) -> str:
    steps = np.ceil(seconds / BAND_STEP_S).clip(0, 180).astype(np.uint8)
    return base64.b64encode(steps.tobytes()).decode("ascii")
