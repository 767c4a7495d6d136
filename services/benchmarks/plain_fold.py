"""The fold in its plainest form: a new picture for each event, everything looked through for what is too old.

What `services.picture.PictureDraft` must give the same pictures as, in its tests, and is measured next to in
the benchmark. Slow: never used by the service.
"""

from msgspec.structs import replace

from optimiser.feedback.category import Category
from optimiser.feedback.clusters import WordAction, forget, with_report
from optimiser.feedback.clusters import with_word as with_cluster_word
from services.appliance_state import ApplianceState, Key, Order, with_decision, with_position, with_status
from services.cluster_book import report_of
from services.incident_state import IncidentState, with_event
from services.move_orders import OrderWord, fresh, with_word
from services.picture import DECISIONS_KEPT, HORIZON, REJECTIONS_KEPT, Decision, Picture, Rejection
from streams.council_events import ClusterDecided, FeedbackSignal
from streams.cover_plan import CoverPlanData
from streams.events import (
    AppliancePosition,
    ApplianceStatusChanged,
    DecisionAction,
    DecisionMade,
    Event,
    IncidentOpened,
    IncidentStopped,
    IncidentUpdated,
)


def plain_fold(picture: Picture, event: Event) -> Picture:
    """The picture after `event`; the same object where it changes nothing."""
    data = event.data
    key: Key = (event.time, event.sequence, f"{event.source} {event.id}")
    if isinstance(data, CoverPlanData):
        return picture
    if isinstance(data, ApplianceStatusChanged):
        after = _with_appliance(picture, with_status(picture.appliances[data.appliance], data, key))
    elif isinstance(data, AppliancePosition):
        after = _with_appliance(picture, with_position(picture.appliances[data.appliance], data, key))
    elif isinstance(data, DecisionMade):
        after = _with_decision(picture, data, key, event.id)
    elif isinstance(data, FeedbackSignal | ClusterDecided):
        after = _with_clusters(picture, data, key)
    elif not isinstance(data, IncidentOpened | IncidentUpdated | IncidentStopped):
        return picture
    else:
        before = picture.incidents.get(data.incident) or IncidentState(id=data.incident)
        after = _with_incident(picture, with_event(before, data, key))
    if event.time > picture.as_of:
        after = _forgetting(replace(after, as_of=event.time))
    return after


def _with_appliance(picture: Picture, state: ApplianceState) -> Picture:
    if state is picture.appliances[state.id]:
        return picture
    return replace(picture, appliances=picture.appliances | {state.id: state})


def _with_incident(picture: Picture, state: IncidentState) -> Picture:
    if state is picture.incidents.get(state.id):
        return picture
    return replace(picture, incidents=picture.incidents | {state.id: state})


def _with_clusters(picture: Picture, data: FeedbackSignal | ClusterDecided, key: Key) -> Picture:
    if isinstance(data, FeedbackSignal):
        clusters = with_report(picture.clusters, report_of(data))
    else:
        category = None if data.category is None else Category(data.category.value)
        action = WordAction(data.action.value)
        clusters = with_cluster_word(picture.clusters, data.cluster, action, key, category)
    clusters = forget(clusters, max(picture.as_of, key[0]))
    return picture if clusters == picture.clusters else replace(picture, clusters=clusters)


def _with_decision(picture: Picture, data: DecisionMade, key: Key, decision_id: str) -> Picture:
    if any(decision.decision_id == decision_id for decision in picture.decisions):
        return picture
    move = data.appliance, data.from_station, data.to_station
    decision = Decision(
        decision_id, data.plan_id, data.move_id, *move, data.action, data.reason, data.operator, key[0]
    )
    kept = sorted((*picture.decisions, decision), key=lambda d: (d.at, d.decision_id))[-DECISIONS_KEPT:]
    rejections, orders = picture.rejections, picture.orders
    if data.action is DecisionAction.REJECT:
        rejections = rejections | {data.move_id: Rejection(*move, key[0], picture.available)}
        rejections = dict(list(rejections.items())[-REJECTIONS_KEPT:])
    else:
        if data.move_id in rejections:
            rejections = {k: r for k, r in rejections.items() if k != data.move_id}
        word = OrderWord(key, *move, data.action is DecisionAction.ACCEPT)
        orders = with_word(orders, word, picture.as_of)
    after = replace(picture, rejections=rejections, decisions=tuple(kept), orders=orders)
    order = Order(data.to_station, data.plan_id, data.move_id, key[0])
    return _with_appliance(after, with_decision(picture.appliances[data.appliance], data.action, order, key))


def _forgetting(picture: Picture) -> Picture:
    oldest = picture.as_of - HORIZON
    stale = {
        i.id
        for i in picture.incidents.values()
        if (i.stopped_at is not None and i.stopped_at < oldest)
        or (i.last_word_at is not None and i.last_word_at < oldest)
    }
    if stale:
        picture = replace(picture, incidents={k: v for k, v in picture.incidents.items() if k not in stale})
    if any(rejection.at < oldest for rejection in picture.rejections.values()):
        kept = {k: r for k, r in picture.rejections.items() if r.at >= oldest}
        picture = replace(picture, rejections=kept)
    if (clusters := forget(picture.clusters, picture.as_of)) is not picture.clusters:
        picture = replace(picture, clusters=clusters)
    orders = fresh(picture.orders, picture.as_of)
    return picture if orders is picture.orders else replace(picture, orders=orders)
