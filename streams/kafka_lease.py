"""Until when the group has confirmed that this worker's areas are its own.

Filled by `streams.kafka_group` on kafka-python's thread, asked from the event loop at any time. It reckons
from when a question was *sent* that the group's coordinator then answered well: the coordinator counts its
time from a moment after that, so it cannot have given our areas to others earlier. A worker that was stopped
for a while therefore finds its lease over at the first question, whatever answers still lie in its socket.

kafka-python tells none of this, so methods of its coordinator are wrapped, private ones among them;
`tests/streams/test_kafka_lease.py` fails where a version no longer has them.
"""

import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import FencedInstanceIdError, NoError, UnknownMemberIdError

CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where there is such a clock: the coordinator's does, too."""

OUT = frozenset((NoError.errno, UnknownMemberIdError.errno, FencedInstanceIdError.errno))
"""What a coordinator says to one who takes leave, or who had no place any more."""


def now_s() -> float:
    """Seconds on the lease's clock."""
    return time.clock_gettime(CLOCK)


class GroupLease:
    """What the group has confirmed last.

    Attributes
    ----------
    generation
        In which we are confirmed; 0 where in none.
    left
        Whether the coordinator has said, when we took leave, that we have no place in the group any more.
    replaced
        Whether it has said that somebody else has our name now.
    """

    def __init__(self, session_s: float) -> None:
        self._session_s = session_s
        self._until = 0.0
        self._beat_sent = 0.0
        self._joined = 0.0
        self.generation = 0
        self.left = False
        self.replaced = False

    def holds(self, within_s: float) -> bool:
        """Whether nobody else can be given our areas for `within_s` more seconds."""
        return now_s() + within_s < self._until

    def confirmed(self, generation: int) -> None:
        """A new generation has begun with us in it."""
        self.generation = generation
        self._until = max(self._until, self._joined + self._session_s)

    def over(self) -> None:
        """We are in no generation any more."""
        self.generation = 0
        self._until = 0.0

    def watch(self, consumer: KafkaConsumer) -> None:
        """Learn from this consumer's coordinator from now on."""
        self.over()
        coordinator = consumer._coordinator
        heartbeat = coordinator.heartbeat

        def beat_sent() -> None:
            self._beat_sent = now_s()

        def beat_answered() -> None:
            # An answer "the group is sharing out anew" is no promise of a whole session: who does not join
            # in time is left out.
            if not coordinator.rejoin_needed:
                self._until = max(self._until, self._beat_sent + self._session_s)

        def join_answered() -> None:
            self._joined = now_s()  # the question for what is ours goes out after this

        _before(heartbeat, "sent_heartbeat", beat_sent)
        _before(heartbeat, "received_heartbeat", beat_answered)
        _before(coordinator, "_process_join_group_response", join_answered)
        _before(coordinator, "reset_generation", self.over)
        send_beat = coordinator._send_heartbeat_request
        answered = coordinator._handle_leave_group_response

        async def beat() -> Any:
            try:
                return await send_beat()
            except FencedInstanceIdError:  # the library says nothing and merely ceases to beat
                self.over()
                self.replaced = True
                raise

        def leave_answered(response: Any) -> Any:
            codes = [response.error_code, *(member.error_code for member in response.members)]
            self.left = OUT.issuperset(codes)
            return answered(response)

        coordinator._send_heartbeat_request = beat
        coordinator._handle_leave_group_response = leave_answered


def _before(owner: object, method: str, do: Callable[[], None]) -> None:
    """Do something whenever `owner.method` is called, just before it."""
    inner = getattr(owner, method)

    def outer(*words: Any, **named: Any) -> Any:
        do()
        return inner(*words, **named)

    setattr(owner, method, outer)
