"""Consoles that connect, drop and resume: each comes back with the id of the last message it had.

A console that resumes gets what it missed; one that was away too long gets a snapshot. Both are counted under
names of their own. A feed runs beside them, so that there is something to miss.
"""

import random

from locust import FastHttpUser, between, task

from loadtests.scenarios.area_streams import area_streams
from loadtests.scenarios.brigade_users import Feed
from loadtests.scenarios.service_stream import count, follow
from loadtests.scenarios.shapes import ChosenShape

__all__ = ["ChosenShape", "DropFeed", "Wanderer"]

LISTEN_S, AWAY_S = (0.3, 4.0), (0.1, 3.0)


class DropFeed(Feed):
    """What the consoles come to see."""

    weight = 1


class Wanderer(FastHttpUser):
    """A console on a bad line."""

    weight = 6
    wait_time = between(*AWAY_S)

    def on_start(self) -> None:
        """Choose an area; nothing has been heard yet."""
        self.area = random.choice(area_streams(str(self.host))).brigade.area
        self.last_id = ""

    @task
    def visit(self) -> None:
        """Connect, listen for a moment, drop."""
        resumed = bool(self.last_id)
        first = True
        for told in follow(self, self.area, random.uniform(*LISTEN_S), self.last_id):
            if first:
                how = "began" if not resumed else "began again" if told.event == "snapshot" else "resumed"
                count(self, how, 0.0, 0, None)
                first = False
            self.last_id = told.id or self.last_id
