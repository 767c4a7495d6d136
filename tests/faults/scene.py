"""One case of the matrix: events arrive, consoles look on, something breaks, and all is counted afterwards.

Played by the tests of this folder. Knows no fault itself; says what must hold after any of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import httpx

from tests.faults.cluster import AREAS, Cluster
from tests.faults.console_client import Console
from tests.faults.feeder import Accepted, Delivery, Feeder
from tests.faults.log_truth import AreaTruth, LogTruth
from tests.faults.oracle import Undisturbed
from tests.faults.recorder import Figure, record

Json = dict[str, Any]

LEAST_PER_S = 200.0
"""Of the issue: events keep arriving at this rate or more."""
STEADY_WITHIN_S = 60.0
RECOVER_WITHIN_S = 60.0
"""Past any bound of the issue: then the case is over, and its report shows what was seen."""
TAKEN_WITHIN_S = 60.0
SETTLED_WITHIN_S = 60.0
ANSWER_WITHIN_S = 30.0
"""What the checks ask afterwards has no bound of its own: a slow machine may take its time."""
TAIL_S = 1.5
"""Events go on for so long after the last thing that was waited for."""
POLL_S = 0.05


class Scene:
    """Feeder and consoles, while one case lasts.

    Attributes
    ----------
    poisoned
        Offsets of records that are to end as dead letters, by area.
    """

    def __init__(self, case: str, feeder: Feeder, consoles: Iterable[Console]) -> None:
        self.case = case
        self.feeder = feeder
        self.consoles = list(consoles)
        self.poisoned: dict[str, list[int]] = {}
        self.noted: list[tuple[str, float, float | None]] = []

    def note(self, what: str, seconds: float, bound_s: float | None = None) -> None:
        """Keep a measured time; one above the issue's bound fails the case."""
        self.noted.append((what, seconds, bound_s))
        print(f"{self.case}: {what}: {seconds:.2f} s")
        if bound_s is not None:
            assert seconds <= bound_s, (
                f"{self.case}: {what}: {seconds:.1f} s; the issue's bound is {bound_s:g} s"
            )

    async def until(self, holds: Callable[[], bool], what: str, within_s: float = RECOVER_WITHIN_S) -> None:
        """Wait until it holds; AssertionError saying `what` did not."""
        give_up = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < give_up, f"{self.case}: not within {within_s:g} s: {what}"
            await asyncio.sleep(POLL_S)

    async def plans_flow(
        self,
        since: float,
        areas: Iterable[str] = AREAS,
        *,
        only: Sequence[Console] | None = None,
        answered: bool = False,
        pushed: bool = False,
    ) -> float:
        """Seconds from `since` until every console of the areas has a plan for an event of after it.

        The event counts that was sent first after `since`; with `answered`, that was taken first after it.
        With `only`, these consoles; with `pushed`, plans that came within a snapshot do not count.
        """
        wanted = frozenset(areas)
        consoles = [c for c in (self.consoles if only is None else only) if c.area in wanted]
        times: dict[int, float] = {}

        def all_have() -> bool:
            for number, console in enumerate(consoles):
                batch = self._first(console.area, since, answered)
                plan = batch and console.plan_for(batch.last_offset, since, pushed)
                if plan and number not in times:
                    times[number] = plan.at - since
            return len(times) == len(consoles)

        await self.until(all_have, f"plans flow again in {sorted(wanted)}")
        return max(times.values())

    def longest_pause(self, since: float, areas: Iterable[str]) -> float:
        """The longest any console of the areas went without a plan for a newer picture after `since`."""
        wanted, pauses = frozenset(areas), [0.0]
        for console in self.consoles:
            newest, at = -1, since
            for plan in console.seen.plans if console.area in wanted else ():
                if plan.picture_offset > newest:
                    newest = plan.picture_offset
                    pauses.append(plan.at - at if plan.at > since else 0.0)
                    at = max(at, plan.at)
        return max(pauses)

    async def live_again(self, since: float) -> float:
        """Seconds from `since` until every console hears new plans pushed, and no word of trouble."""
        flow_s = await self.plans_flow(since, pushed=True)
        healed: dict[int, float] = {}

        def all_well() -> bool:
            for number, console in enumerate(self.consoles):
                well = next((at for at, word in console.seen.beats if at >= since and word is None), None)
                if well is not None and console.live and console.degraded is None:
                    healed.setdefault(number, well - since)
            return len(healed) == len(self.consoles)

        await self.until(all_well, "every console's beat says that all is well")
        return max(flow_s, *healed.values())

    def told(self, word: str, since: float) -> list[str]:
        """Areas whose consoles were told this degraded word after `since`."""
        heard = {c.area for c in self.consoles for at, w in c.seen.beats if at >= since and w == word}
        return sorted(heard)

    def figures(self, began: float) -> list[Figure]:
        """What was measured, beside the load it was measured under."""
        feeder = self.feeder
        ended = max(a.answered_at for feed in feeder.areas.values() for a in feed.accepted)
        offered, taken = feeder.sent / feeder.lasted_s, feeder.sent / (ended - began)
        silence = max(console.silence_s() for console in self.consoles)
        print(
            f"{self.case}: {feeder.sent} events, {offered:.0f}/s offered, {taken:.0f}/s taken, "
            f"{feeder.tries_again} requests again; a console was silent for {silence:.1f} s at most; "
            f"snapshots {[c.seen.snapshots for c in self.consoles]}, "
            f"plans {[len(c.seen.plans) for c in self.consoles]}, "
            f"backward {[c.seen.backward for c in self.consoles]}"
        )
        assert offered >= LEAST_PER_S, f"only {offered:.0f} events a second fell due"
        return [
            Figure(self.case, what, seconds, feeder.sent, offered, taken, silence, bound_s)
            for what, seconds, bound_s in self.noted
        ]

    def _first(self, area: str, since: float, answered: bool) -> Accepted | None:
        feeder = self.feeder
        return feeder.first_since(area, since) if answered else feeder.first_sent_since(area, since)


class Stage:
    """A cluster, its undisturbed twin and the counts of its log; plays one case after another."""

    def __init__(self, cluster: Cluster, undisturbed: Undisturbed, streams: Mapping[str, Any]) -> None:
        self.cluster = cluster
        self.undisturbed = undisturbed
        self.truth = LogTruth(cluster.servers.kafka_address, cluster.prefix)
        self.spoiled = False
        self._streams = streams
        self._letters: dict[str, list[int]] = {area: [] for area in AREAS}

    def play(
        self,
        case: str,
        fault: Callable[[Scene], Awaitable[None]],
        delivery: Delivery | None = None,
        consoles: Callable[[Cluster], list[Console]] | None = None,
    ) -> None:
        """Play one case and check what must hold after any; what it measured is recorded if all did."""
        self.spoiled = True
        try:
            asyncio.run(self._played(case, fault, delivery, consoles or two_each))
        except BaseException:
            print(self.cluster.owned())
            print(self.cluster.last_words())
            raise
        self.spoiled = False

    async def _played(
        self,
        case: str,
        fault: Callable[[Scene], Awaitable[None]],
        delivery: Delivery | None,
        consoles: Callable[[Cluster], list[Console]],
    ) -> None:
        await asyncio.to_thread(self.cluster.up)
        feeder = Feeder(self._streams, lambda: self.cluster.api_urls, delivery)
        scene = Scene(case, feeder, consoles(self.cluster))
        limits = httpx.Limits(max_connections=None)
        timeout = httpx.Timeout(5.0, read=None)
        async with httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as http:
            looking = [asyncio.create_task(console.run(http)) for console in scene.consoles]
            feeding = asyncio.create_task(feeder.run())
            try:
                began = time.monotonic()
                await unless(feeding, self._fault(scene, fault))
                feeder.end()
                async with asyncio.timeout(TAKEN_WITHIN_S):
                    await feeding
                figures = scene.figures(began)
                await self._check(scene, looking)
            finally:
                for task in (feeding, *looking):
                    task.cancel()
                await asyncio.gather(feeding, *looking, return_exceptions=True)
        for figure in figures:
            record(figure)

    async def _fault(self, scene: Scene, fault: Callable[[Scene], Awaitable[None]]) -> None:
        began = time.monotonic()
        await scene.until(
            lambda: all(c.plan is not None for c in scene.consoles), "consoles show plans", STEADY_WITHIN_S
        )
        await scene.plans_flow(began)
        await fault(scene)
        await asyncio.sleep(TAIL_S)

    async def _check(self, scene: Scene, looking: list["asyncio.Task[None]"]) -> None:
        """What must hold after any fault."""
        for area, feed in scene.feeder.areas.items():
            assert {status for status, _ in feed.turned_away} <= {503}, f"{area}: {feed.turned_away}"
            expected = await asyncio.to_thread(self.undisturbed.feed, area, feed.made)
            served = await self._settled(area, expected["digest"])
            for picture in served:
                for what in ("appliances", "incidents"):
                    assert by_id(picture[what]) == by_id(expected[what]), area
                assert picture["digest"] == expected["digest"], f"{area}: another picture than undisturbed"
            faults = self.truth.areas[area].faults()
            assert faults == [], f"{area}: {faults}"
            missing = [made.id for made in feed.made if not self.truth.areas[area].events[made.id]]
            assert missing == [], f"{area}: {len(missing)} accepted events are not in the log"
            self._letters[area] += scene.poisoned.get(area, [])
            dead = await asyncio.to_thread(self.truth.dead, area)
            assert sorted(dead) == sorted(self._letters[area]), f"{area}: dead letters"
        assert [task for task in looking if task.done()] == [], "a console ended"
        await self._consoles_right(scene)
        for area in AREAS:
            faults = (await asyncio.to_thread(self.truth.read, area)).faults()
            assert faults == [], f"{area}: {faults}"

    async def _settled(self, area: str, digest: str) -> list[Json]:
        """The pictures of all API replicas, once they are the expected one and its plan is in the log."""
        give_up = time.monotonic() + SETTLED_WITHIN_S
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as http:
            while True:
                pictures = [
                    (await http.get(f"{url}/api/v1/areas/{area}/picture")).json()
                    for url in self.cluster.api_urls
                ]
                truth: AreaTruth = await asyncio.to_thread(self.truth.read, area)
                right = all(picture["digest"] == digest for picture in pictures)
                if (right and truth.newest[0] >= truth.newest_call) or time.monotonic() > give_up:
                    return pictures
                await asyncio.sleep(0.2)

    async def _consoles_right(self, scene: Scene) -> None:
        """Every console shows what the service says, and the newest plan of the log; by itself, soon."""
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as http:
            give_up = time.monotonic() + SETTLED_WITHIN_S
            while True:
                wrong = [text for console in scene.consoles for text in await self._differs(http, console)]
                if not wrong:
                    return
                assert time.monotonic() < give_up, f"{scene.case}: consoles are wrong: {wrong[:8]}"
                await asyncio.sleep(0.3)

    async def _differs(self, http: httpx.AsyncClient, console: Console) -> list[str]:
        base = f"{self.cluster.api_urls[0]}/api/v1/areas/{console.area}"
        picture: Json = (await http.get(f"{base}/picture")).json()
        served: Json | None = (await http.get(f"{base}/cover")).json()["plan"]
        truth = await asyncio.to_thread(self.truth.read, console.area)
        shown, plan = console.picture, console.plan
        if shown is None or plan is None or served is None:
            return [f"{console.area}: no picture or no plan"]
        pairs = {
            "connected": (console.live, True),
            "well": (console.degraded, None),
            "appliances": (shown.appliances, by_id(picture["appliances"])),
            "incidents": (shown.incidents, by_id(picture["incidents"])),
            "decisions": (shown.decisions, picture["decisions"]),
            "counts": (shown.counts, picture["counts"]),
            "as_of": (shown.as_of, picture["as_of"]),
            "plan": (_name(plan), _name(served)),
            "newest plan": (_name(plan), truth.newest),
            "plan kept": (all(truth.plans[p.plan_id, p.revision] == 1 for p in console.seen.plans), True),
        }
        return [
            f"{console.area}, {what}: {str(a)[:160]} not {str(b)[:160]}"
            for what, (a, b) in pairs.items()
            if a != b
        ]


def two_each(cluster: Cluster) -> list[Console]:
    """Two consoles of each area, which begin at different API replicas and may go to either."""
    urls = cluster.api_urls
    return [Console(area, order) for area in AREAS for order in (urls, urls[::-1])]


def by_id(listed: Iterable[Json]) -> dict[str, Json]:
    """What is listed, by its id: events in another order may list the same in another order."""
    return {one["id"]: one for one in listed}


def _name(plan: Json) -> tuple[int, int, str]:
    return plan["picture_offset"], plan["revision"], plan["plan_id"]


async def unless(other: "asyncio.Task[None]", work: Awaitable[None]) -> None:
    """Await `work`; where `other` ends before it, with an error, raise that."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, other}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        other.result()
    task.result()
