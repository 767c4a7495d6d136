"""How areas are shared out: all of them, evenly, moving little, never to two at once."""

import hypothesis.strategies as st
from hypothesis import given
from kafka.cluster import ClusterMetadata
from kafka.protocol.consumer.metadata import ConsumerProtocolSubscription
from kafka.structs import TopicPartition

from streams.kafka_assignor import AreaAssignor, Member, share

TOPICS = [f"t{i}" for i in range(9)]


class Group:
    """Workers that share by `share`, each believing what it was told last."""

    def __init__(self, count: int) -> None:
        self.topics = frozenset(TOPICS[:count])
        self.own: dict[str, frozenset[str]] = {}
        self.since: dict[str, int] = {}
        self.generation = 0

    def rounds(self) -> int:
        """Share until nobody has to let go of anything any more; how often that took."""
        for count in range(1, 6):
            self.generation += 1
            given_ = share(
                {key: Member(key, self.topics, own, self.since[key]) for key, own in self.own.items()}
            )
            for key, mine in given_.items():
                for other, theirs in self.own.items():
                    assert key == other or not (mine - self.own[key]) & theirs, "given while another has it"
            moved = any(self.own[key] - given_[key] for key in given_)
            self.own = given_
            self.since = dict.fromkeys(given_, self.generation)
            if not moved:
                return count
        raise AssertionError("does not come to rest")

    def check(self) -> None:
        """Every topic has exactly one owner, and nobody has two more than another."""
        assert sorted(topic for own in self.own.values() for topic in own) == sorted(self.topics)
        sizes = [len(own) for own in self.own.values()]
        assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 9), st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_whoever_comes_and_goes_all_is_owned_evenly_and_by_one(count: int, changes: list[int]) -> None:
    group = Group(count)
    for worker in changes:
        key = f"w{worker}"
        before = dict(group.own)
        if key in group.own and len(group.own) > 1:
            del group.own[key], group.since[key]
            assert group.rounds() <= 2
        else:
            group.own.setdefault(key, frozenset())
            group.since.setdefault(key, -1)
            assert group.rounds() <= 2
            moved = sum(len(before[other] - group.own[other]) for other in before)
            assert moved <= -(-count // len(group.own)), "no more moved than the new one's share"
        group.check()


def test_the_later_generation_is_right_and_in_doubt_nobody() -> None:
    topics = frozenset({"t0"})
    late = Member("a", topics, topics, 7)
    stale = Member("b", topics, topics, 6)
    assert share({"1": late, "2": stale}) == {"1": topics, "2": frozenset()}
    assert share({"2": stale, "1": late}) == {"1": topics, "2": frozenset()}
    assert share({"1": late, "2": Member("b", topics, topics, 7)}) == {"1": frozenset(), "2": frozenset()}
    assert share({}) == {}


def test_a_worker_gets_nothing_that_it_did_not_ask_for() -> None:
    a, b = frozenset({"t0"}), frozenset({"t0", "t1", "t2"})
    given_ = share({"1": Member("a", a, frozenset(), -1), "2": Member("b", b, frozenset(), -1)})
    assert given_ == {"1": a, "2": frozenset({"t1", "t2"})}


def test_no_metadata_of_the_broker_are_needed() -> None:
    confirmed: list[tuple[frozenset[str], int]] = []
    leader = AreaAssignor(lambda topics, generation: confirmed.append((topics, generation)))

    class Joined:
        member_id, group_instance_id = "m", "w"
        metadata = ConsumerProtocolSubscription.decode(leader.metadata(TOPICS).encode())

    given_ = leader.assign(ClusterMetadata(), [Joined()])["m"]
    assert set(given_.partitions()) == {TopicPartition(topic, 0) for topic in TOPICS}
    leader.on_assignment(given_, 3)
    assert confirmed == [(frozenset(TOPICS), 3)]
    said = ConsumerProtocolSubscription.decode(leader.metadata(TOPICS).encode())
    assert (sorted(part.topic for part in said.owned_partitions), said.generation_id) == (TOPICS, 3)
    leader.forget()
    assert list(leader.metadata(TOPICS).owned_partitions) == []
