"""Any picture that events can fold to gives a problem the optimiser takes: no word may stop all planning."""

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from optimiser.cover.move_cost import MoveCostRule
from services.cover_model import CoverModel, RejectionRule
from services.event_check import EventCheck
from services.picture import empty_picture, fold
from streams.events import (
    TYPE_OF,
    AppliancePosition,
    ApplianceStatus,
    ApplianceStatusChanged,
    DecisionAction,
    DecisionMade,
    Event,
    EventData,
    IncidentCategory,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
)
from tests.services.live import START, small_region

REGION = small_region()
HOMES = {
    id_: REGION.stations.ids[int(h)]
    for id_, h in zip(REGION.appliances.ids, REGION.appliances.home.tolist(), strict=True)
}
FIRST = REGION.appliances.ids[0]
MODEL = CoverModel(
    REGION,
    6,
    RejectionRule(timedelta(hours=1), fewer=5),
    MoveCostRule(),
    min_cover={HOMES[FIRST]: 1},
    counted_only=[REGION.appliances.ids[-1]],
)
CHECK = EventCheck(REGION)

# Few of each, so that words meet; all of those at one station, so that it can be left empty.
OTHER = next(home for home in HOMES.values() if home != HOMES[FIRST])
THERE = [id_ for id_, home in HOMES.items() if home == OTHER]
appliances = st.sampled_from([FIRST, *THERE, REGION.appliances.ids[-1]])
stations = st.sampled_from([HOMES[FIRST], OTHER, *REGION.stations.ids[-2:]])
incidents = st.sampled_from(["I1", "I2"])
places = st.sampled_from([tuple(en) for en in REGION.zones.en[:4].tolist()])
times = st.none() | st.integers(-50, 400).map(lambda minute: START + timedelta(minutes=minute))
needs = st.dictionaries(st.just("pump"), st.integers(0, 9))
words: st.SearchStrategy[EventData] = st.one_of(
    st.builds(
        lambda incident, place, need, stop: IncidentOpened(
            incident, IncidentCategory.FIRE, place[0], place[1], need, stop
        ),
        incidents,
        places,
        needs,
        times,
    ),
    st.builds(IncidentUpdated, incidents, st.none() | needs, times),
    st.builds(IncidentStopped, incidents),
    st.builds(
        lambda appliance, word, station, incident, at, place: ApplianceStatusChanged(
            appliance, word, station, incident, at, *(place or (None, None))
        ),
        appliances,
        st.sampled_from(ApplianceStatus),
        stations,
        incidents,
        times,
        st.none() | places,
    ),
    st.builds(ApplianceStatusChanged, appliances, st.just(ApplianceStatus.OFF_RUN)),
    st.builds(ApplianceStatusChanged, appliances, st.just(ApplianceStatus.AT_INCIDENT), st.none(), incidents),
    st.builds(lambda appliance, place: AppliancePosition(appliance, *place), appliances, places),
    st.builds(
        lambda appliance, frm, to, action: DecisionMade(
            "p1", 0, f"{appliance}>{to}", appliance, frm, to, action, "tester"
        ),
        appliances,
        stations,
        stations,
        st.sampled_from(DecisionAction),
    ),
)
histories = st.lists(st.tuples(words, st.integers(0, 120)), max_size=25)


@given(histories)
@example(  # word of going off the run that comes in after a later order, to a station that nobody is left at
    [
        *((ApplianceStatusChanged(id_, ApplianceStatus.OFF_RUN), 0) for id_ in THERE),
        (DecisionMade("p1", 0, "m", FIRST, HOMES[FIRST], OTHER, DecisionAction.ACCEPT, "tester"), 10),
        (ApplianceStatusChanged(FIRST, ApplianceStatus.OFF_RUN), 5),
    ]
)
@settings(max_examples=150, deadline=None)
def test_any_picture_gives_a_problem(history: list[tuple[EventData, int]]) -> None:
    picture = empty_picture(REGION.id, HOMES)
    for i, (data, minute) in enumerate(history):
        time = START + timedelta(minutes=minute)
        expected = getattr(data, "expected_at", None) or getattr(data, "expected_stop", None)
        if expected is not None and expected < time - timedelta(hours=1):
            continue  # such an event is refused at the door
        one = Event(f"e{i}", "/test", TYPE_OF[type(data)], time, REGION.id, data)
        CHECK.content(one, picture.as_of)
        picture = fold(picture, one)
        problem = MODEL.problem(picture)
        counted = [id_ for id_, state in picture.appliances.items() if state.counts_at is not None]
        assert problem.available.sum() == len(counted) == picture.available
