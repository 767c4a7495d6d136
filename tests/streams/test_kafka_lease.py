"""The lease reckons from when a question was sent, and what it wraps in kafka-python is there.

A consumer is opened and never connected: the coordinator's own methods are called as the library calls them.
"""

import asyncio
import inspect
from collections.abc import Iterator

import pytest
from kafka import KafkaConsumer, errors
from kafka.protocol.consumer import LeaveGroupResponse

from streams import kafka_lease
from streams.kafka_lease import GroupLease

SESSION_S = 6.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [1000.0]
    monkeypatch.setattr(kafka_lease, "now_s", lambda: time[0])
    return time


@pytest.fixture
def consumer() -> Iterator[KafkaConsumer]:
    opened = KafkaConsumer(
        bootstrap_servers="127.0.0.1:1", group_id="g", api_version=(4, 0), metrics_enabled=False
    )
    yield opened
    opened.close(autocommit=False, timeout_ms=0)


def test_what_is_wrapped_is_there_and_used_by_the_library(consumer: KafkaConsumer) -> None:
    coordinator = consumer._coordinator
    source = inspect.getsource(inspect.getmodule(type(coordinator).__mro__[1]))  # type: ignore[arg-type]
    for call in (
        "self.heartbeat.sent_heartbeat()",
        "self.heartbeat.received_heartbeat()",
        "await self._send_heartbeat_request()",
        "self._process_join_group_response(",
        "self.reset_generation()",
        "self._handle_leave_group_response(response)",
        "self.is_dynamic_member()",
    ):
        assert call in source, f"kafka-python no longer has {call}: see streams/kafka_lease.py"
    assert coordinator.rejoin_needed is True
    source = inspect.getsource(type(consumer._fetcher))
    assert "add_callback(self._handle_fetch_response" in source, "see streams/kafka_contact.py"


def test_a_lease_counts_from_the_question_not_from_the_answer(
    consumer: KafkaConsumer, clock: list[float]
) -> None:
    lease = GroupLease(SESSION_S)
    lease.watch(consumer)
    coordinator = consumer._coordinator
    coordinator.rejoin_needed = False
    assert not lease.holds(0)
    coordinator.heartbeat.sent_heartbeat()
    clock[0] += 2
    assert not lease.holds(0)
    coordinator.heartbeat.received_heartbeat()
    assert lease.holds(SESSION_S - 2.1)
    assert not lease.holds(SESSION_S - 2)
    coordinator.heartbeat.sent_heartbeat()
    clock[0] += 30  # stopped, with the answer in the socket
    assert not lease.holds(0)
    coordinator.heartbeat.received_heartbeat()
    assert not lease.holds(0)


def test_an_answer_during_a_rebalance_promises_nothing_and_an_end_ends_it(
    consumer: KafkaConsumer, clock: list[float]
) -> None:
    lease = GroupLease(SESSION_S)
    lease.watch(consumer)
    coordinator = consumer._coordinator
    coordinator.rejoin_needed = True
    coordinator.heartbeat.sent_heartbeat()
    coordinator.heartbeat.received_heartbeat()
    assert not lease.holds(0)
    coordinator.rejoin_needed = False
    coordinator.heartbeat.sent_heartbeat()
    coordinator.heartbeat.received_heartbeat()
    lease.confirmed(5)
    assert (lease.holds(0), lease.generation) == (True, 5)
    coordinator.reset_generation()
    assert (lease.holds(0), lease.generation) == (False, 0)


def test_the_coordinators_last_words_are_heard(consumer: KafkaConsumer, clock: list[float]) -> None:
    lease = GroupLease(SESSION_S)
    coordinator = consumer._coordinator

    async def fenced() -> None:
        raise errors.FencedInstanceIdError

    coordinator._send_heartbeat_request = fenced
    lease.watch(consumer)
    with pytest.raises(errors.FencedInstanceIdError):
        asyncio.run(coordinator._send_heartbeat_request())
    assert lease.replaced
    # 16: it is another broker's group; 25 and 82: we have no place any more.
    for codes, left in (
        ((16, 0), False),
        ((0, 0), True),
        ((16, 25), False),
        ((0, 25), True),
        ((0, 82), True),
    ):
        member = LeaveGroupResponse.MemberResponse(member_id="m", group_instance_id="w", error_code=codes[1])
        coordinator._handle_leave_group_response(
            LeaveGroupResponse(error_code=codes[0], members=[member], throttle_time_ms=0)
        )
        assert lease.left is left
