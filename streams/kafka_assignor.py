"""How the leader of the group shares the areas out, from nothing but what the workers themselves say.

Used by `streams.kafka_group` through kafka-python. The library's own assignor asks its copy of the broker's
metadata which topics there are, and that copy may be empty: a request to look for our topics that is made
while an older question is on its way is forgotten when the older answer comes (`ClusterMetadata`, 3.0.12:
`update_metadata` sets `_need_update` back), until `metadata_max_age_ms` later. A broker that has just come
back answers slowly, so the one who became leader then gave nobody anything. Here an area is a topic with one
partition, the workers name the topics, and no metadata are needed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kafka.coordinator.assignors.abstract import AbstractPartitionAssignor, RebalanceProtocol
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment, ConsumerProtocolSubscription
from kafka.structs import TopicPartition

from streams.kafka_settings import PARTITION

NAME = "cover-areas"
"""Of the way to share; all workers of a group must know it."""
SAYS_GENERATION = 2
"""Version of what a worker says when it joins: the first that tells the generation of what it has."""


@dataclass(frozen=True, slots=True)
class Member:
    """What one worker says when it joins: what it may serve, and what it has since which generation."""

    name: str
    topics: frozenset[str]
    owned: frozenset[str]
    generation: int


def share(members: Mapping[str, Member]) -> dict[str, frozenset[str]]:
    """What each member has from now on: evenly, moving as little as can be.

    A topic that moves is given to nobody at first: its owner sees that it is to let go, does so and joins
    again; then it is free. So no topic ever has two owners. Where two claim one, the later generation is
    right, and in doubt neither is.
    """
    topics = sorted(frozenset().union(*(member.topics for member in members.values())))
    claims: dict[str, list[str]] = {
        topic: [key for key, member in members.items() if topic in member.owned] for topic in topics
    }
    order = sorted(members, key=lambda key: (-len(members[key].owned), members[key].name, key))
    least, more = divmod(len(topics), max(1, len(members)))
    room = {key: least + (place < more) for place, key in enumerate(order)}
    planned: dict[str, set[str]] = {key: set() for key in order}
    free = []
    for topic in topics:
        owner = _owner(claims[topic], members)
        if owner is not None and topic in members[owner].topics and len(planned[owner]) < room[owner]:
            planned[owner].add(topic)
        else:
            free.append(topic)
    for topic in free:
        able = [key for key in order if topic in members[key].topics]
        planned[min(able, key=lambda key: (len(planned[key]) - room[key], order.index(key)))].add(topic)
    return {
        key: frozenset(
            topic for topic in planned[key] if not claims[topic] or _owner(claims[topic], members) == key
        )
        for key in order
    }


def _owner(claimants: Iterable[str], members: Mapping[str, Member]) -> str | None:
    """The one claimant of the latest generation."""
    latest = max((members[key].generation for key in claimants), default=-1)
    of_it = [key for key in claimants if members[key].generation == latest]
    return of_it[0] if len(of_it) == 1 else None


class AreaAssignor(AbstractPartitionAssignor):  # type: ignore[misc]
    """`share` as kafka-python calls it, on its own thread.

    Parameters
    ----------
    confirmed
        Called with what is ours in a new generation, before anybody is told to take or to give up.
    """

    name = NAME

    def __init__(self, confirmed: Callable[[frozenset[str], int], None]) -> None:
        self._confirmed = confirmed
        self._owned: frozenset[str] = frozenset()
        self._generation = -1

    def supported_protocols(self) -> list[RebalanceProtocol]:
        """Only areas that move are interrupted."""
        return [RebalanceProtocol.COOPERATIVE]

    def forget(self) -> None:
        """What we had is another's by now: claim it no more."""
        self._owned, self._generation = frozenset(), -1

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolSubscription:
        """What this worker says when it joins."""
        named = ConsumerProtocolSubscription.TopicPartition
        return ConsumerProtocolSubscription(
            version=SAYS_GENERATION,
            topics=sorted(topics),
            user_data=b"",
            owned_partitions=[named(topic=topic, partitions=[PARTITION]) for topic in sorted(self._owned)],
            generation_id=self._generation,
        )

    def assign(self, cluster: object, members: Iterable[object]) -> dict[str, ConsumerProtocolAssignment]:
        """As the leader: what each member gets."""
        given = share({member.member_id: _member(member) for member in members})  # type: ignore[attr-defined]
        return {
            key: ConsumerProtocolAssignment(
                SAYS_GENERATION, [(topic, [PARTITION]) for topic in sorted(topics)], b""
            )
            for key, topics in given.items()
        }

    def on_assignment(self, assignment: ConsumerProtocolAssignment, generation: int) -> None:
        """As any member: what is ours now."""
        partitions: list[TopicPartition] = assignment.partitions()
        self._owned = frozenset(partition.topic for partition in partitions)
        self._generation = generation
        self._confirmed(self._owned, generation)


def _member(joined: object) -> Member:
    said = joined.metadata  # type: ignore[attr-defined]
    return Member(
        name=joined.group_instance_id or "",  # type: ignore[attr-defined]
        topics=frozenset(said.topics),
        owned=frozenset(part.topic for part in said.owned_partitions or ()),
        generation=said.generation_id,
    )
