"""A control room's day: a feed of incidents, statuses and positions, and officers who watch and decide.

`LOAD_REGION=var/demo locust -f loadtests/scenarios/control_room_day.py --headless --host http://127.0.0.1:8080`
against a service of its own, never beside a live feed.
"""

from loadtests.scenarios.brigade_users import Feed, Officer
from loadtests.scenarios.shapes import ChosenShape

__all__ = ["ChosenShape", "ControlFeed", "ControlOfficer"]


class ControlFeed(Feed):
    """The mobilising system."""

    weight = 1


class ControlOfficer(Officer):
    """The officers of a watch."""

    weight = 4
