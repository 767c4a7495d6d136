"""A worker's place in the group as a process of its own, so that a test can stop and kill it.

Usage: python -m tests.streams.group_member KAFKA PREFIX WORKER AREA…    Prints `take|give_up|lost AREAS`.
"""

import asyncio
import sys

from streams.kafka_group import AreaGroup
from streams.kafka_settings import KafkaSettings


async def main(kafka: str, prefix: str, worker: str, *areas: str) -> None:
    """Tell what happens until killed."""

    def teller(word: str):  # type: ignore[no-untyped-def]
        async def tell(areas: frozenset[str], generation: int) -> None:
            print(word, *sorted(areas), flush=True)

        return tell

    tellers = [teller(word) for word in ("take", "give_up", "lost")]
    AreaGroup(KafkaSettings((kafka,), prefix), worker, areas, *tellers)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
