"""A worker's place in the group as a process of its own, so that a test can stop and kill it.

Usage: python -m tests.streams.group_member KAFKA PREFIX WORKER AREA…    Prints `take|give_up|lost AREAS`, and
`woke True|False`: what the lease said to the first question after the process had been stopped.
"""

import asyncio
import sys
import time

from streams.kafka_group import AreaGroup
from streams.kafka_settings import KafkaSettings


async def main(kafka: str, prefix: str, worker: str, *areas: str) -> None:
    """Tell what happens until killed."""

    def teller(word: str):  # type: ignore[no-untyped-def]
        async def tell(areas: frozenset[str], generation: int) -> None:
            print(word, *sorted(areas), flush=True)

        return tell

    tellers = [teller(word) for word in ("take", "give_up", "lost")]
    group = AreaGroup(KafkaSettings((kafka,), prefix), worker, areas, *tellers)
    asked = time.monotonic()
    while True:
        await asyncio.sleep(0.005)
        before, asked = asked, time.monotonic()
        held = group.holds(0.0)
        if asked - before > 5:
            print("woke", held, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
