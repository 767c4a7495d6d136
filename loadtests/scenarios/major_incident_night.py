"""A major-incident night: quiet work, then ten appliances committed in a minute, and storms of statuses.

`LOAD_SHAPE=spike LOAD_REGION=var/demo locust -f loadtests/scenarios/major_incident_night.py --headless`
and the service's address with `--host`.
"""

import itertools

from locust import FastHttpUser, constant_throughput, task

from loadtests.scenarios.area_streams import SEED, area_streams
from loadtests.scenarios.brigade_users import EVENTS_A_BATCH, Feed, Officer, post_events
from loadtests.scenarios.major_incident import MajorIncident
from loadtests.scenarios.shapes import ChosenShape

__all__ = ["ChosenShape", "NightFeed", "NightOfficer", "Storm"]

_numbers = itertools.count(1)


class NightFeed(Feed):
    """What else goes on in the brigade."""

    weight = 1


class Storm(FastHttpUser):
    """One major incident, told by everybody at it: 100 events a second."""

    weight = 2
    wait_time = constant_throughput(10)

    def on_start(self) -> None:
        """The call, and the ten who go."""
        number = next(_numbers)
        streams = area_streams(str(self.host))
        self.stream = streams[number % len(streams)]
        incident = MajorIncident(self.stream.brigade, SEED, number, self.stream.now_s)
        post_events(self, self.stream, incident.opening(), "major incident opened")
        self.words = incident.storm()

    @task
    def tell(self) -> None:
        """What ten appliances say within a moment."""
        events = list(itertools.islice(self.words, EVENTS_A_BATCH))
        post_events(self, self.stream, events, "status storm, by 10")


class NightOfficer(Officer):
    """The night watch."""

    weight = 4
