"""The day after a public holiday: reports and posts by the dozen, most about what was not collected.

`LOAD_SHAPE=spike LOAD_AREA=demo-council locust -f loadtests/scenarios/holiday_surge.py --headless --host …`
"""

import itertools
import random
import uuid
from datetime import UTC, datetime

from locust import FastHttpUser, constant_throughput, task

from loadtests.scenarios.council_users import Manager, Reporter, council_area
from loadtests.scenarios.shapes import ChosenShape

__all__ = ["ChosenShape", "Grumbler", "SurgeManager", "SurgeReporter"]

SAYINGS = (
    "Bins not collected again on our street, that is two weeks now",
    "Recycling still out since Friday, nobody came after the bank holiday",
    "Overflowing bin by the shops, rubbish all over the pavement",
    "Has anybody had their bins emptied today?",
    "Mattress and bags dumped by the bridge",
    "Happy bank holiday everyone",
)
POSTS_AT_ONCE = 5
_RUN = uuid.uuid4().hex[:8]
_numbers = itertools.count()


class SurgeReporter(Reporter):
    """Many more people than on other days: four reports a second each."""

    weight = 4
    wait_time = constant_throughput(4)


class Grumbler(FastHttpUser):
    """Posts of social media, as a listening service hands them over: five at once, twice a second."""

    weight = 2
    wait_time = constant_throughput(2)

    @task
    def post(self) -> None:
        """Five posts; a service that is busy says so and may be asked again (429)."""
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        posts = [
            {"id": f"surge-{_RUN}-{next(_numbers)}", "text": random.choice(SAYINGS), "created_at": now}
            for _ in range(POSTS_AT_ONCE)
        ]
        path = f"/api/v1/areas/{council_area()}/feedback"
        with self.client.post(path, json={"posts": posts}, name="posts, by 5", catch_response=True) as said:
            if said.status_code in (202, 429):
                said.success()


class SurgeManager(Manager):
    """The managers of a depot."""

    weight = 2
