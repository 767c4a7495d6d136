"""Workers die, hang and come back while events keep arriving: their areas move, and nothing shows it."""

import asyncio
import time

import pytest

from tests.faults.cluster import AREAS, WORKERS
from tests.faults.scene import Scene, Stage

pytestmark = [pytest.mark.services, pytest.mark.slow]

TAKEOVER_BOUND_S = 10.0
"""Of the issue: takeover after a worker's death within so long, on two cores."""
PAUSED_S = 30.0
SHARED_OUT_WITHIN_S = 60.0
"""A process that starts needs some of it to load its libraries."""
VICTIM, OTHER = WORKERS
TAKEOVER = "its areas' plans flow from the other worker"


async def areas_of(scene: Scene, stage: Stage, worker: str) -> list[str]:
    """Its areas, once both workers have their share."""
    await shared_out(scene, stage)
    return list((await asyncio.to_thread(stage.cluster.owned))[worker])


async def shared_out(scene: Scene, stage: Stage) -> None:
    """Wait until the areas are shared out two and two."""
    give_up = time.monotonic() + SHARED_OUT_WITHIN_S
    while not await asyncio.to_thread(stage.cluster.shared_out):
        ended = [name for name in WORKERS if not stage.cluster[name].running]
        assert ended == [], f"{ended} ended by itself"
        assert time.monotonic() < give_up, f"not two and two: {stage.cluster.owned()}"
        await asyncio.sleep(0.1)


def test_worker_stopped_cleanly(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        areas = await areas_of(scene, stage, VICTIM)
        began = time.monotonic()
        code = await asyncio.to_thread(stage.cluster[VICTIM].stop)
        ended = time.monotonic()
        assert code == 0, "a stop that was asked for is no error"
        scene.note("SIGTERM → the process has ended", ended - began)
        # It works on for a moment after it was asked to stop; what counts is how long nobody did.
        await scene.plans_flow(ended, areas)
        pause_s = scene.longest_pause(began, areas)
        scene.note("longest pause of its areas' plans meanwhile", pause_s, TAKEOVER_BOUND_S)
        await asyncio.to_thread(stage.cluster[VICTIM].launch)

    stage.play("worker: clean stop", fault)


def test_worker_killed_its_areas_move_it_returns_and_they_rebalance(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        areas = await areas_of(scene, stage, VICTIM)
        assert len(areas) == 2
        began = time.monotonic()
        stage.cluster[VICTIM].kill()
        flow_s = await scene.plans_flow(began, areas)
        scene.note(f"kill -9 → {TAKEOVER}", flow_s, TAKEOVER_BOUND_S)
        assert set((await asyncio.to_thread(stage.cluster.owned))[OTHER]) == set(AREAS)
        back = time.monotonic()
        await asyncio.to_thread(stage.cluster[VICTIM].launch)
        await shared_out(scene, stage)
        scene.note("start → two areas each again", time.monotonic() - back)
        moved = time.monotonic()
        scene.note("then → plans flow in all areas", await scene.plans_flow(moved), TAKEOVER_BOUND_S)

    stage.play("two workers, four areas: kill -9 of one, its return", fault)


def test_worker_killed_and_started_again_at_once(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        areas = await areas_of(scene, stage, VICTIM)
        began = time.monotonic()
        stage.cluster[VICTIM].kill()
        await asyncio.to_thread(stage.cluster[VICTIM].launch)
        scene.note("kill -9 → its areas' plans flow", await scene.plans_flow(began, areas), TAKEOVER_BOUND_S)
        await shared_out(scene, stage)

    stage.play("worker: kill -9, started again at once", fault)


def test_worker_paused_for_30_s_and_the_zombie_disturbs_nothing(stage: Stage) -> None:
    async def fault(scene: Scene) -> None:
        areas = await areas_of(scene, stage, VICTIM)
        began = time.monotonic()
        stage.cluster[VICTIM].pause()
        try:
            flow_s = await scene.plans_flow(began, areas)
            scene.note(f"SIGSTOP → {TAKEOVER}", flow_s, TAKEOVER_BOUND_S)
            await asyncio.sleep(max(0.0, began + PAUSED_S - time.monotonic()))
        finally:
            stage.cluster[VICTIM].resume()
        woken = time.monotonic()
        before = [console.seen.backward for console in scene.consoles]
        await shared_out(scene, stage)
        scene.note("SIGCONT → two areas each again", time.monotonic() - woken)
        flow_s = await scene.plans_flow(time.monotonic())
        scene.note("then → plans flow in all areas", flow_s, TAKEOVER_BOUND_S)
        after = [console.seen.backward for console in scene.consoles]
        assert after == before, "the zombie's plan for an old picture reached a console"

    stage.play("worker: SIGSTOP for 30 s", fault)
