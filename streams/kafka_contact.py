"""Whether Kafka answers, told from what is asked anyway.

Filled by the follower (whose consumer asks for new records several times a second as long as anything is
followed) and the clerk, on their threads; asked by `streams.kafka_log` from the event loop. Asks nothing
itself.
"""

import time

from kafka import KafkaConsumer

SILENT_S = 3.0
"""Kafka does not answer where it has not for so long: a dozen of the follower's questions, which the broker
answers after `fetch_max_wait_ms` at the latest."""


class KafkaContact:
    """When Kafka answered last."""

    def __init__(self) -> None:
        self._answered_at = 0.0
        self._failed_at = 0.0
        self._followed_since: float | None = None

    @property
    def reachable(self) -> bool:
        """Whether the last contact was a good one, and, while areas are followed, no longer ago than 3 s."""
        if self._failed_at > self._answered_at:
            return False
        since = self._followed_since
        return since is None or time.monotonic() - max(since, self._answered_at) <= SILENT_S

    def answered(self) -> None:
        """Kafka has answered just now."""
        self._answered_at = time.monotonic()

    def failed(self) -> None:
        """A question has failed for good: Kafka cannot be reached."""
        self._failed_at = time.monotonic()

    def following(self, anything: bool) -> None:
        """Whether anything is followed now, so that silence means something."""
        if not anything:
            self._followed_since = None
        elif self._followed_since is None:
            self._followed_since = time.monotonic()

    def watch(self, consumer: KafkaConsumer) -> None:
        """Take note of every answer to this consumer's fetches.

        kafka-python does not tell of a fetch that brought nothing, so a private method of its fetcher is
        wrapped; `tests/streams/test_kafka_faults.py` fails where a version no longer has it.
        """
        fetcher = consumer._fetcher
        inner = fetcher._handle_fetch_response

        def handle_fetch_response(*words: object) -> object:
            self.answered()
            return inner(*words)

        fetcher._handle_fetch_response = handle_fetch_response
