"""What the lane makes of a broker's words: refused only where no try can have been kept."""

import asyncio

import pytest
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasAfterAppendError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
)

from deploy.server_process import free_port
from streams.errors import AppendUnsureError, LogFullError
from streams.kafka_lane import AppendLane
from streams.kafka_settings import KafkaSettings


@pytest.mark.parametrize(
    ("error", "unsure"),
    [
        (TopicAuthorizationFailedError, False),
        (MessageSizeTooLargeError, False),
        (KafkaTimeoutError, True),
        (RequestTimedOutError, True),
        (NotEnoughReplicasAfterAppendError, True),
        # The last of several tries, when the time was up; the first may have been kept without an answer.
        (NotLeaderForPartitionError, True),
    ],
)
def test_only_a_refusal_for_good_says_that_nothing_was_kept(
    monkeypatch: pytest.MonkeyPatch, error: type[KafkaError], unsure: bool
) -> None:
    async def run() -> None:
        lane = AppendLane(KafkaSettings((f"127.0.0.1:{free_port()}",)), "a")
        monkeypatch.setattr(lane, "_open_producer", lambda: Refusing(error("made to fail")))
        try:
            with pytest.raises(LogFullError) as told:
                await asyncio.wrap_future(lane.submit([b"one"]))
            assert isinstance(told.value, AppendUnsureError) is unsure
        finally:
            lane.close()

    asyncio.run(run())


class Refusing:
    """A producer whose sends end with an error; no broker can be made to say each of them."""

    def __init__(self, error: KafkaError) -> None:
        self.error = error

    def send(self, *_: object) -> "Refusing":
        """The future is this too."""
        return self

    def flush(self, within_s: float) -> None:
        """Nothing is under way."""

    def get(self, within_s: float) -> None:
        """The broker's word."""
        raise self.error
