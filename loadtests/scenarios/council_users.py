"""Who is at work in a council's scenarios: people who report, and managers at their consoles.

Used by the scenarios. `LOAD_AREA` names the council's area id; half of the day's rounds are told as done
first, as in `loadtests.council_day`. Speaks HTTP only.
"""

import itertools
import os
import random
import threading
from collections.abc import Iterator

from locust import FastHttpUser, between, constant_throughput, task

from loadtests.council_day.measure import FORM, half_the_day, report_forms
from loadtests.scenarios.service_stream import follow

SEED = 20_260_606
FORMS = 500
LISTEN_S = 30.0
_lock = threading.Lock()
_forms: dict[str, Iterator[str]] = {}


def council_area() -> str:
    """The council's area id."""
    return os.environ.get("LOAD_AREA", "demo-council")


def next_form(host: str) -> str:
    """The next report; the first call tells the service that the day is half done."""
    with _lock:
        if host not in _forms:
            at = half_the_day(host, council_area())
            made = report_forms(host, council_area(), FORMS, at, random.Random(SEED))
            _forms[host] = itertools.cycle([form.decode() for form in made])
        return next(_forms[host])


class Reporter(FastHttpUser):
    """People, all together: one report a second over Open311."""

    abstract = True
    wait_time = constant_throughput(1)

    @task
    def report(self) -> None:
        """One report at some stop."""
        self.client.post(
            "/open311/v2/requests.json",
            data=next_form(str(self.host)),
            headers={"Content-Type": FORM},
            name="report",
        )


class Manager(FastHttpUser):
    """Reads the day and follows the live stream."""

    abstract = True
    wait_time = between(0.2, 1.0)
    listen_s = LISTEN_S

    def on_start(self) -> None:
        """Load what the console loads."""
        self.client.get(f"/api/v1/areas/{council_area()}/council", name="council")

    @task
    def watch(self) -> None:
        """The day, then the stream for a while."""
        self.client.get(f"/api/v1/areas/{council_area()}/day", name="day")
        for _ in follow(self, council_area(), self.listen_s):
            pass
