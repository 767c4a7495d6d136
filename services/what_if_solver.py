"""Solves suppositions: the supposed problem, its plan, and the answer ready to send.

Owned by the what-if desk, on the service's what-if thread. Reads pictures, which never change, and keeps
nothing of them.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from geo.region import Region
from optimiser.cover.engine import CoverEngine
from optimiser.cover.what_if import Supposition, supposing
from services.cover_model import CoverModel
from services.open_needs import ZoneFinder
from services.picture import Picture
from services.plan_message import PlanMessenger, demand_raised
from services.route_lines import RouteLines
from streams.cover_advice import MobilisingData
from streams.cover_plan import CoverPlanData, PlanLatency, ZoneBands

WHAT_IF = "what-if"
"""Name of the plan, and of the supposed incident, in an answer."""


class WhatIfAnswer(Struct, frozen=True):
    """The answer; `plan.before` is after the supposed loss and before any moves."""

    plan: CoverPlanData
    zones: ZoneBands
    live_plan_id: str | None
    picture_offset: int
    mobilising: MobilisingData | None
    solve_ms: float


class WhatIfSolver:
    """The engine of one area for suppositions; one thread's own.

    Parameters
    ----------
    lines
        Route lines that the live solver has found; none is looked up here, which could take long.
    """

    def __init__(self, region: Region, model: CoverModel, lines: RouteLines) -> None:
        self._region = region
        self._model = model
        self._engine = CoverEngine(model.attendance_s, model.standards)
        self._messenger = PlanMessenger(region, lines)
        self._finder = ZoneFinder(region)

    def warm_up(self, picture: Picture, give_way: Callable[[], None]) -> None:
        """Answer a question nobody asked, so that the first one asked is as quick as the others."""
        easting_m, northing_m = self._region.zones.en[0].tolist()
        needs = (1,) + (0,) * (len(self._region.kinds) - 1)
        self.answer((easting_m, northing_m), needs, (), picture, -1, None, time.time_ns(), give_way)

    def answer(
        self,
        en: tuple[float, float] | None,
        needs: tuple[int, ...],
        off_run: tuple[int, ...],
        picture: Picture,
        offset: int,
        live_plan_id: str | None,
        asked_ns: int,
        give_way: Callable[[], None],
    ) -> WhatIfAnswer:
        """The answer for a picture; `en` is the incident's place in metres, `off_run` holds indices.

        `give_way` is called before each part of the work: it may wait for the live solve.
        """
        give_way()
        started_ns = time.time_ns()
        zone = None if en is None else self._finder.zone(*en)
        supposition = Supposition(zone=zone, needs=needs if zone is not None else (), off_run=off_run)
        supposed = supposing(self._engine.index, self._model.problem(picture), supposition)
        give_way()
        found = self._engine.first_plan(supposed.problem)
        give_way()
        reasons = self._engine.explain(supposed.problem, found)
        now = self._engine.zone_times(supposed.problem)
        after = self._engine.zone_times(supposed.problem, found.moves) if found.moves else now
        raised = self._model.raised(picture)
        ended_ns = time.time_ns()
        solve_ms = round((ended_ns - started_ns) / 1e6, 3)
        plan = self._messenger.message(
            found,
            reasons,
            plan_id=WHAT_IF,
            revision=0,
            picture_offset=offset,
            picture_time=picture.as_of,
            published_at=datetime.fromtimestamp(ended_ns / 1e9, UTC),
            latency=PlanLatency(
                wait_ms=round((started_ns - asked_ns) / 1e6, 3),
                solve_ms=solve_ms,
                total_ms=round((ended_ns - asked_ns) / 1e6, 3),
            ),
            raised=demand_raised(raised, supposed.problem.demand_per_h),
        )
        bands = self._messenger.bands(now, after, plan_id=WHAT_IF, revision=0, kind=0, raised=raised)
        advice = supposed.mobilising
        mobilising = None if advice is None else self._messenger.words.mobilising(WHAT_IF, advice)
        return WhatIfAnswer(plan, bands, live_plan_id, offset, mobilising, solve_ms)
