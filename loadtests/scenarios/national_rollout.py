"""A national roll-out: many brigades on one service, each with its feed and its officers.

`LOAD_REGION` names a folder of packs, one for each area (`python -m loadtests.run areas` makes fifty); start
the service with the same folder.
"""

import itertools

from loadtests.scenarios.area_streams import area_streams
from loadtests.scenarios.brigade_users import Feed, Officer
from loadtests.scenarios.shapes import ChosenShape

__all__ = ["BrigadeFeed", "BrigadeOfficer", "ChosenShape"]

_turn = itertools.count()


class BrigadeFeed(Feed):
    """Feeds go round the areas, so that each has one before any has two."""

    weight = 2

    def on_start(self) -> None:
        """Take the next area."""
        streams = area_streams(str(self.host))
        self.stream = streams[next(_turn) % len(streams)]


class BrigadeOfficer(Officer):
    """Officers, anywhere."""

    weight = 1
