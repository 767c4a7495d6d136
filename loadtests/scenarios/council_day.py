"""A council's day: reports as they come, and managers who watch the rounds.

`LOAD_AREA=demo-council locust -f loadtests/scenarios/council_day.py --headless --host http://127.0.0.1:8080`
"""

from loadtests.scenarios.council_users import Manager, Reporter
from loadtests.scenarios.shapes import ChosenShape

__all__ = ["ChosenShape", "DayManager", "DayReporter"]


class DayReporter(Reporter):
    """A report a second."""

    weight = 1


class DayManager(Manager):
    """The managers of a depot."""

    weight = 3
