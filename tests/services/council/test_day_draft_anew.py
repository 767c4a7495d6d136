"""A fold taken up again from a picture goes on as one that was not: what ends by itself ends at one event."""

from datetime import timedelta

import pytest

from services.council.day_draft import DayDraft
from services.council.day_ground import DayGround
from streams.council_events import RoadClosed, VehiclePosition
from tests.geo.councils import grid_council
from tests.services.council.days import MORNING, event

COUNCIL = grid_council()
GROUND = DayGround(COUNCIL)
PLACE = COUNCIL.roads.node_en[0].tolist()


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_closure_ends_at_the_same_event_wherever_the_fold_was_taken_up_again(cut: int) -> None:
    events = [event(RoadClosed("K1", ["ST0001"], MORNING + timedelta(minutes=1.3)))]
    events += [event(VehiclePosition("RCV01", *PLACE), minutes=0.4 * n) for n in range(1, 9)]
    whole, anew = DayDraft(GROUND, GROUND.empty_day()), DayDraft(GROUND, GROUND.empty_day())
    for number, one in enumerate(events):
        if number == cut:
            anew = DayDraft(GROUND, anew.picture())
        whole.take(one)
        anew.take(one)
        assert anew.picture().digest() == whole.picture().digest(), number
    assert whole.picture().closures["K1"].open
