"""After an append that the log was unsure of: the end is taken when nothing can come any more."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from streams import unsure
from streams.dead_letters import SUFFIX, DeadLetters
from streams.embedded_log import EmbeddedLog
from streams.errors import AppendUnsureError, DecodeError, LogClosedError, LogUnreachableError
from streams.unsure import settled_end

SETTLE_S = 0.1
NOW = datetime(2025, 6, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsure, "SETTLE_S", SETTLE_S)
    monkeypatch.setattr(unsure, "ASK_AGAIN_S", 0.01)


class HangingLog(EmbeddedLog):
    """Does not answer, by turns; keeps one append without saying so, `late_s` after it answers again."""

    def __init__(self, answers: Sequence[bool], late_s: float) -> None:
        super().__init__(None)
        self.answers = list(answers)
        self.late_s = late_s
        self.late: tuple[str, Sequence[bytes]] | None = None
        self.unsure = False
        self.keeping: list[asyncio.Task[int]] = []

    async def append(self, area: str, payloads: Sequence[bytes]) -> int:
        if self.unsure:
            self.unsure, self.late = False, (area, payloads)
            raise AppendUnsureError("no answer in time")
        return await super().append(area, payloads)

    async def refresh(self, area: str) -> None:
        if self.answers and not self.answers.pop(0):
            raise LogUnreachableError("hangs")
        await super().refresh(area)
        if self.late is not None:
            (area, payloads), self.late = self.late, None
            self.keeping.append(asyncio.create_task(self._keep(area, payloads)))

    async def _keep(self, area: str, payloads: Sequence[bytes]) -> int:
        await asyncio.sleep(self.late_s)
        return await super().append(area, payloads)


@pytest.mark.parametrize("answers", [[], [False] * 5, [True, False], [False, True, False, False, True]])
def test_the_end_is_taken_a_while_after_the_log_answers_and_goes_on_answering(answers: list[bool]) -> None:
    async def run() -> None:
        log = HangingLog(answers, SETTLE_S / 2)
        assert await log.append("a", [b"one"]) == 0
        log.unsure = True
        with pytest.raises(AppendUnsureError):
            await log.append("a", [b"two"])
        began = time.monotonic()
        assert await settled_end(log, "a") == 2
        assert time.monotonic() - began >= SETTLE_S
        assert not log.answers
        await log.close()

    asyncio.run(run())


def test_a_log_that_is_closed_is_not_waited_for() -> None:
    async def run() -> None:
        log = EmbeddedLog(None)
        await log.append("a", [b"one"])
        waiting = asyncio.create_task(settled_end(log, "a"))
        await asyncio.sleep(SETTLE_S / 4)
        await log.close()
        with pytest.raises(LogClosedError):
            await waiting

    asyncio.run(run())


def test_a_letter_that_is_kept_late_is_not_kept_twice() -> None:
    async def run() -> None:
        log = HangingLog([], SETTLE_S / 2)
        letters = DeadLetters(log)
        error = DecodeError("data.x", "unknown field; remove it")
        assert await letters.add("a", 1, b"one", error, NOW)
        log.unsure, log.answers = True, [False, False]
        with pytest.raises(AppendUnsureError):
            await letters.add("a", 2, b"two", error, NOW)
        assert not await letters.add("a", 2, b"two", error, NOW)
        assert [letter.offset for letter in await letters.newest("a", 10)] == [1, 2]
        assert log.end_offset("a" + SUFFIX) == 2
        await log.close()

    asyncio.run(run())
