"""Who is at work in a brigade's scenarios: the feed that tells what happens, and officers at their consoles.

Used by the scenarios, which say how many of each there are. Speaks HTTP only.
"""

import random

from locust import FastHttpUser, between, constant_throughput, task

from loadtests.pipeline.console import BATCH
from loadtests.scenarios.area_streams import AreaStream, area_streams
from loadtests.scenarios.service_stream import follow
from loadtests.scenarios.stream_message import Told

EVENTS_A_BATCH = 10
LISTEN_S = 30.0
DECIDES_ONE_IN = 10
"""Plans with moves that an officer answers."""


def post_events(user: FastHttpUser, stream: AreaStream, events: list[bytes], name: str) -> None:
    """One batch, which is to be taken whole."""
    body = (b"[" + b",".join(events) + b"]").decode()
    path = f"/api/v1/areas/{stream.brigade.area}/events"
    user.client.post(path, data=body, headers={"Content-Type": BATCH}, name=name)


class Feed(FastHttpUser):
    """What a mobilising system sends: ten events in a batch, five batches a second."""

    abstract = True
    wait_time = constant_throughput(5)

    def on_start(self) -> None:
        """Every appliance says where it is, once for each area and process."""
        self.stream = random.choice(area_streams(str(self.host)))

    @task
    def tell(self) -> None:
        """What happened next."""
        post_events(self, self.stream, self.stream.take(EVENTS_A_BATCH), "events, by 10")


class Officer(FastHttpUser):
    """Looks at picture and plan, follows the live stream, and now and then decides on a move."""

    abstract = True
    wait_time = between(0.2, 1.0)
    listen_s = LISTEN_S

    def on_start(self) -> None:
        """Sit down at an area, and load what its console loads."""
        self.area = random.choice(area_streams(str(self.host))).brigade.area
        self.base = f"/api/v1/areas/{self.area}"
        self.client.get(f"{self.base}/region", name="region")
        self.client.get(f"{self.base}/picture", name="picture")

    @task
    def watch(self) -> None:
        """Follow the stream for a while."""
        for told in follow(self, self.area, self.listen_s):
            if told.plan is not None and told.plan.moves and random.randrange(DECIDES_ONE_IN) == 0:
                self.decide(told)

    def decide(self, told: Told) -> None:
        """Accept or reject the first move; that the plan has changed meanwhile is no failure."""
        plan = told.plan
        if plan is None:
            return
        accept = random.random() < 0.5
        answer = {
            "move_id": plan.moves[0]["move_id"],
            "revision": plan.revision,
            "action": "accept" if accept else "reject",
            "reason": None if accept else "other",
            "operator": "load",
        }
        with self.client.post(
            f"{self.base}/cover/{plan.plan_id}/decisions", json=answer, name="decision", catch_response=True
        ) as said:
            if said.status_code in (201, 409):
                said.success()
