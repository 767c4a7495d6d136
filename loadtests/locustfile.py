"""Locust scenario: trackers that report positions and statuses, and officers who watch and read.

Run it against a service of its own, never beside a live feed or a replay: it says of every appliance that it
is available at home, now. Started with
`COVER_AREA=demo locust -f loadtests/locustfile.py --headless -u 10 -t 30s --host http://127.0.0.1:8080`.
Never imports the inside of the service.
"""

import datetime
import itertools
import json
import os
import random
import uuid

from locust import FastHttpUser, between, constant_throughput, task

AREA = os.environ.get("COVER_AREA", "demo")
BASE = f"/api/v1/areas/{AREA}"
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
EVENTS_IN_BATCH = 10
RUN = uuid.uuid4().hex[:8]
_numbers = itertools.count()


def status_event(appliance: str, home: str, time: str) -> dict[str, object]:
    """An appliance that says it is available at its home station."""
    return {
        "specversion": "1.0",
        "id": f"load-{RUN}-{next(_numbers)}",
        "source": "/loadtests",
        "type": "dynamiccover.appliance.status.v1",
        "time": time,
        "area": AREA,
        "datacontenttype": "application/json",
        "data": {"appliance": appliance, "status": "available", "station": home},
    }


class Tracker(FastHttpUser):
    """Ten events in a batch, five batches a second: 50 events a second for each user."""

    weight = 4
    wait_time = constant_throughput(5)

    def on_start(self) -> None:
        """Learn the region's appliances."""
        region = self.client.get(f"{BASE}/region").json()
        self.appliances = [(a["id"], a["home"]) for a in region["appliances"]]

    @task
    def report(self) -> None:
        """Send one batch."""
        time = datetime.datetime.now(datetime.UTC).isoformat()
        chosen = random.sample(self.appliances, EVENTS_IN_BATCH)
        events = [status_event(appliance, home, time) for appliance, home in chosen]
        self.client.post(f"{BASE}/events", data=json.dumps(events), headers=BATCH, name="events, by 10")


class Officer(FastHttpUser):
    """Reads the picture and the plan every second or two, as a console does when it starts."""

    weight = 1
    wait_time = between(1, 2)

    @task
    def look(self) -> None:
        """Read picture and plan."""
        self.client.get(f"{BASE}/picture", name="picture")
        self.client.get(f"{BASE}/cover", name="cover")
