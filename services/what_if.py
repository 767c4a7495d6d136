"""What if: an incident here needing so many, or appliances off the run, answered beside the live plan.

Called by the API. Has an engine and a cover model of its own, and one thread for all areas, so that no live
solve waits for it; gives way to the area's first plans. Never touches the picture, the state or the log.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from geo.coordinates import from_wgs84
from services.area_state import AreaState
from services.cover_model import CoverModel
from services.metrics import Metrics
from services.picture import Picture
from services.route_lines import RouteLines
from services.what_if_solver import WhatIfAnswer, WhatIfSolver

MOST_WAITING = 4
"""Questions that wait while one is answered: an officer asks one at a time; an answer takes some 50 ms."""
TIMEOUT_S = 5.0
"""By then an answer is of no use."""
GIVE_WAY_S, GIVE_WAY_POLL_S = 0.5, 0.002
"""How long a question waits in all, and how often it looks, while the area's first plan is being found: two
engines at once take each other's cores and interpreter, and the live plan comes first."""
MOST_NEEDED = 100
"""Most appliances a supposed incident may need, all kinds together."""


class WhatIfFieldError(Exception):
    """A supposition that makes no sense here.

    Attributes
    ----------
    field
        Path of the field in the request.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class WhatIfBusyError(Exception):
    """Too many questions wait already."""


class WhatIfTimeoutError(Exception):
    """No answer in time."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is supposed: an incident at `place` (longitude, latitude, or metres) with its needs, and losses.

    Attributes
    ----------
    place
        (x, y) of the incident, or None for no incident.
    in_degrees
        Whether `place` is longitude and latitude (WGS84) rather than metres in the region's CRS.
    required
        Appliances the incident needs, by kind.
    off_run
        Appliances supposed to be off the run, by id.
    """

    place: tuple[float, float] | None
    in_degrees: bool
    required: dict[str, int]
    off_run: tuple[str, ...]


class WhatIfDesk:
    """Answers suppositions of one area, one at a time.

    Parameters
    ----------
    model
        Builds the desk's own cover model.
    lines
        Route lines that the live solver has found.
    live_busy
        Whether a live picture waits for its first plan; asked from the thread.
    thread
        The one what-if thread of the service; whoever owns it ends it.
    """

    def __init__(
        self,
        state: AreaState,
        model: Callable[[], CoverModel],
        lines: RouteLines,
        metrics: Metrics,
        live_busy: Callable[[], bool],
        thread: Executor,
    ) -> None:
        self._state = state
        self._region = state.region
        self._model_of = model
        self._metrics = metrics
        self._lines = lines
        self._live_busy = live_busy
        self._thread = thread
        self._asked = 0
        self._solver: WhatIfSolver | None = None
        self._kind = {kind.id: k for k, kind in enumerate(self._region.kinds)}
        self._appliance = {id_: i for i, id_ in enumerate(self._region.appliances.ids)}

    async def answer(self, question: Question) -> WhatIfAnswer:
        """Answer on the picture as it is now.

        Raises
        ------
        WhatIfFieldError
            Where the place, a kind, an appliance or a number makes no sense in this area.
        WhatIfBusyError
            Where one question is being answered and `MOST_WAITING` wait.
        WhatIfTimeoutError
            Where it takes longer than `TIMEOUT_S`.
        """
        outcome = self._metrics.what_if.labels
        area = self._region.id
        try:
            en = self._checked(question)
            if self._asked > MOST_WAITING:
                raise WhatIfBusyError(
                    f"{self._asked} questions are being answered or wait; ask again in a moment"
                )
            answer = await self._asked_of_thread(question, en)
        except WhatIfFieldError:
            outcome(area, "refused").inc()
            raise
        except WhatIfBusyError:
            outcome(area, "busy").inc()
            raise
        except WhatIfTimeoutError:
            outcome(area, "timeout").inc()
            raise
        except Exception:
            outcome(area, "failed").inc()
            raise
        outcome(area, "answered").inc()
        self._metrics.what_if_seconds.labels(area).observe(answer.plan.latency.total_ms / 1e3)
        return answer

    async def warm_up(self) -> None:
        """Build the engine and answer once, so that the first question asked need not wait for it."""
        picture = self._state.picture
        await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: self._solver_ready().warm_up(picture, self._give_way())
        )

    async def _asked_of_thread(self, question: Question, en: tuple[float, float] | None) -> WhatIfAnswer:
        state = self._state
        live = None if state.plan is None else state.plan.plan_id
        asked_ns = time.time_ns()
        work = asyncio.get_running_loop().run_in_executor(
            self._thread, self._work, question, en, state.picture, state.offset, live, asked_ns
        )
        self._asked += 1
        # What times out still holds its place until the thread is done with it: the thread cannot be stopped.
        work.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(work), TIMEOUT_S)
        except TimeoutError:
            raise WhatIfTimeoutError(f"no answer within {TIMEOUT_S:.0f} s; try again in a moment") from None

    def _done(self, work: "asyncio.Future[WhatIfAnswer]") -> None:
        self._asked -= 1
        if not work.cancelled():
            work.exception()  # looked at, so that one nobody waits for any more is not reported as lost

    def _checked(self, question: Question) -> tuple[float, float] | None:
        """The incident's place in metres; raises where the question makes no sense here."""
        if len(set(question.off_run)) < len(question.off_run):
            raise WhatIfFieldError("off_run", "an appliance is named twice; name each once")
        for id_ in question.off_run:
            if id_ not in self._appliance:
                raise WhatIfFieldError("off_run", f"appliance {id_!r} is not of area {self._region.id!r}")
            status = self._state.picture.appliances[id_].status
            if not self._state.picture.appliances[id_].available:
                raise WhatIfFieldError(
                    "off_run", f"{id_} is {status.value} now and covers nothing; name available appliances"
                )
        if question.place is None:
            if question.required:
                raise WhatIfFieldError("incident", "`appliances_required` needs a place: give `incident`")
            if not question.off_run:
                raise WhatIfFieldError("", "nothing is supposed: give `incident` or `off_run`")
            return None
        for kind in question.required:
            if kind not in self._kind:
                known = ", ".join(sorted(self._kind))
                raise WhatIfFieldError("appliances_required", f"unknown kind {kind!r}; known: {known}")
        total = sum(question.required.values())
        if not 1 <= total <= MOST_NEEDED:
            raise WhatIfFieldError(
                "appliances_required", f"{total} appliances in all; an incident needs 1 to {MOST_NEEDED}"
            )
        return self._in_region(question.place, question.in_degrees)

    def _in_region(self, place: tuple[float, float], in_degrees: bool) -> tuple[float, float]:
        en = from_wgs84(np.array([place]), self._region.crs)[0] if in_degrees else np.array(place)
        if not np.isfinite(en).all() or not bool(self._region.contains(en[None, :])[0]):
            x, y = place
            shown = f"({x:.5f}, {y:.5f})" if in_degrees else f"({x:.0f}, {y:.0f})"
            raise WhatIfFieldError("incident", f"{shown} lies outside the region {self._region.id!r}")
        return float(en[0]), float(en[1])

    def _work(
        self,
        question: Question,
        en: tuple[float, float] | None,
        picture: Picture,
        offset: int,
        live_plan_id: str | None,
        asked_ns: int,
    ) -> WhatIfAnswer:
        """On the thread: everything that takes long."""
        solver = self._solver_ready()
        needs = tuple(question.required.get(kind.id, 0) for kind in self._region.kinds)
        off_run = tuple(sorted({self._appliance[id_] for id_ in question.off_run}))
        give_way = self._give_way()
        return solver.answer(en, needs, off_run, picture, offset, live_plan_id, asked_ns, give_way)

    def _solver_ready(self) -> WhatIfSolver:
        if self._solver is None:
            self._solver = WhatIfSolver(self._region, self._model_of(), self._lines)
        return self._solver

    def _give_way(self) -> Callable[[], None]:
        """Waits while the live solve is busy, `GIVE_WAY_S` in all for one question."""
        left_s = GIVE_WAY_S

        def wait() -> None:
            nonlocal left_s
            while left_s > 0 and self._live_busy():
                time.sleep(GIVE_WAY_POLL_S)
                left_s -= GIVE_WAY_POLL_S

        return wait
