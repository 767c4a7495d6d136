"""What the embedded log survives: restarts, torn writes, damage, a full disk, a second process."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from streams.area_log import LogLimits
from streams.embedded_log import EmbeddedLog
from streams.errors import CorruptLogError, LogFullError


async def filled(folder: Path, count: int, limits: LogLimits | None = None) -> None:
    log = EmbeddedLog(folder, limits)
    for i in range(count):
        await log.append("a", [f"record {i}".encode()])
    await log.close()


async def payloads(folder: Path) -> list[bytes]:
    log = EmbeddedLog(folder)
    records = await log.read("a", 0, 10_000)
    await log.close()
    return [r.payload for r in records]


def segment(folder: Path) -> Path:
    return max((folder / "a").glob("*.log"))


def test_records_and_times_survive_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        log = EmbeddedLog(tmp_path)
        await log.append("a", [b"1", b"2"])
        before = await log.read("a", 0, 10)
        await log.close()
        log = EmbeddedLog(tmp_path)
        assert await log.read("a", 0, 10) == before
        assert await log.append("a", [b"3"]) == 2
        await log.close()

    asyncio.run(run())


def test_torn_end_is_cut_at_every_length(tmp_path: Path) -> None:
    async def run() -> None:
        await filled(tmp_path, 3)
        whole = segment(tmp_path).read_bytes()
        two = len(whole) * 2 // 3
        for length in range(two, len(whole)):
            segment(tmp_path).write_bytes(whole[:length])
            assert await payloads(tmp_path) == [b"record 0", b"record 1"]
            assert segment(tmp_path).stat().st_size == two

    asyncio.run(run())


def test_appending_goes_on_after_a_torn_end(tmp_path: Path) -> None:
    async def run() -> None:
        await filled(tmp_path, 3)
        path = segment(tmp_path)
        path.write_bytes(path.read_bytes()[:-1])
        log = EmbeddedLog(tmp_path)
        assert await log.append("a", [b"anew"]) == 2
        await log.close()
        assert await payloads(tmp_path) == [b"record 0", b"record 1", b"anew"]

    asyncio.run(run())


def test_damage_in_the_middle_is_refused_not_cut(tmp_path: Path) -> None:
    async def run() -> None:
        await filled(tmp_path, 3)
        path = segment(tmp_path)
        raw = bytearray(path.read_bytes())
        raw[20] ^= 0xFF
        path.write_bytes(bytes(raw))
        with pytest.raises(CorruptLogError, match=r"record 0 in .* is damaged"):
            await payloads(tmp_path)
        assert path.read_bytes() == bytes(raw)

    asyncio.run(run())


@pytest.mark.parametrize("damaged_byte", [0, 1, 4, 9])
def test_a_damaged_head_does_not_cut_what_follows(tmp_path: Path, damaged_byte: int) -> None:
    async def run() -> None:
        await filled(tmp_path, 100)
        path = segment(tmp_path)
        raw = bytearray(path.read_bytes())
        raw[damaged_byte] ^= 0x40
        raw[len(raw) // 100 + 20] ^= 0xFF  # and the next record's payload with it
        path.write_bytes(bytes(raw))
        with pytest.raises(CorruptLogError, match="record 0"):
            await payloads(tmp_path)
        assert path.read_bytes() == bytes(raw)

    asyncio.run(run())


def test_what_is_cut_is_kept_beside(tmp_path: Path) -> None:
    async def run() -> None:
        await filled(tmp_path, 2)
        path = segment(tmp_path)
        whole = path.read_bytes()
        path.write_bytes(whole[:-3])
        assert await payloads(tmp_path) == [b"record 0"]
        assert path.with_suffix(".torn").read_bytes() == whole[len(whole) // 2 : -3]

    asyncio.run(run())


def test_a_missing_segment_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        await filled(tmp_path, 30, LogLimits(segment_bytes=128))
        paths = sorted((tmp_path / "a").glob("*.log"))
        paths[1].unlink()
        with pytest.raises(CorruptLogError, match=r"00000\.log"):
            await payloads(tmp_path)

    asyncio.run(run())


def test_a_synced_append_returns_only_when_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        log = EmbeddedLog(tmp_path, sync=True)
        on_disk = 0
        real = os.fdatasync

        def fdatasync(fd: int) -> None:
            nonlocal on_disk
            reached = log.end_offset("a")
            real(fd)
            on_disk = reached

        async def append(i: int) -> None:
            last = await log.append("a", [b"%d" % i])
            assert on_disk > last

        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", fdatasync)
            await asyncio.gather(*(append(i) for i in range(50)))
        await log.close()

    asyncio.run(run())


def test_damage_in_an_older_segment_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        await filled(tmp_path, 30, LogLimits(segment_bytes=128))
        oldest = min((tmp_path / "a").glob("*.log"))
        oldest.write_bytes(oldest.read_bytes()[:-1])
        with pytest.raises(CorruptLogError, match="not the torn end"):
            await payloads(tmp_path)

    asyncio.run(run())


def test_full_disk_keeps_nothing_of_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        log = EmbeddedLog(tmp_path)
        await log.append("a", [b"before"])
        real = os.write
        left = 30

        def write(fd: int, data: bytes) -> int:
            nonlocal left
            if left <= 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            done = real(fd, data[:left])
            left -= done
            return done

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", write)
            with pytest.raises(LogFullError, match="No space left"):
                await log.append("a", [b"x" * 40, b"y" * 40])
        assert log.end_offset("a") == 1
        assert await log.append("a", [b"after"]) == 1
        await log.close()
        assert await payloads(tmp_path) == [b"before", b"after"]

    asyncio.run(run())


def test_full_memory_log_refuses_until_trimmed() -> None:
    async def run() -> None:
        log = EmbeddedLog(None, LogLimits(tail_records=5))
        await log.append("a", [b"x"] * 5)
        with pytest.raises(LogFullError, match="reader is behind"):
            await log.append("a", [b"y"])
        assert log.end_offset("a") == 5
        await log.trim("a", 3)
        assert await log.append("a", [b"y"]) == 5
        assert log.first_offset("a") == 1
        await log.close()

    asyncio.run(run())


def test_second_opener_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    async def run() -> None:
        log = EmbeddedLog(tmp_path)
        with pytest.raises(LogFullError, match="in use by another process"):
            EmbeddedLog(tmp_path)
        await log.close()
        await EmbeddedLog(tmp_path).close()

    asyncio.run(run())


@pytest.mark.parametrize("limits", [{"segment_bytes": 0}, {"tail_records": 0}, {"area_bytes": 1}])
def test_bad_limits_are_named(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        LogLimits(**limits)
