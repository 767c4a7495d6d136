"""What consoles are told, through Redis Streams: pushed by a worker, read by any number of API replicas.

Implements `services.console_feed.ConsoleFeed`. Redis may lose everything at any time, or come back as it was
a while ago (an older dump, a copy that lagged behind): the stream then begins a new epoch, every id given
before is unknown, and consoles start again from a snapshot. Takes `FEED_BYTES` and two snapshots an area.
"""

import secrets
import time

from redis.asyncio import Redis

from services.console_feed import FEED_BYTES, FEED_LENGTH, SNAPSHOT, FeedMessage
from services.redis_fence import ADMIT, FENCE_SECONDS, fence_key
from services.redis_link import PREFIX, key_of, told_plainly
from streams.errors import FencedError

BLOCK_MOST_S = 1.0
"""One blocking read lasts this long at most: well below the time limit of an answer."""
PUSH = f"""
local pushed = redis.call('HMGET', KEYS[3], 'token', 'id', 'epoch', 'bytes')
if pushed[1] == ARGV[3] then return pushed[2] end
{ADMIT}
local epoch, bytes = pushed[3], tonumber(pushed[4])
if not epoch or not bytes or (ARGV[8] ~= '' and ARGV[8] ~= pushed[2]) then
  epoch, bytes = ARGV[3], 0
  redis.call('DEL', KEYS[2], KEYS[4])
end
local entry = redis.call('XADD', KEYS[2], '*', 'event', ARGV[5], 'data', ARGV[6])
local id = epoch .. '-' .. entry
if ARGV[5] == ARGV[7] then redis.call('HSET', KEYS[4], 'id', id, 'data', ARGV[6]) end
local length = redis.call('XLEN', KEYS[2])
bytes = length == 1 and #ARGV[6] or bytes + #ARGV[6]
local most = tonumber(ARGV[9]) + redis.call('HSTRLEN', KEYS[4], 'data')
while length > 1 and (length > tonumber(ARGV[4]) or bytes > most) do
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  bytes, length = bytes - #oldest[2][4], length - 1
  redis.call('XTRIM', KEYS[2], 'MAXLEN', length)
end
redis.call('HSET', KEYS[3], 'epoch', epoch, 'token', ARGV[3], 'id', id, 'bytes', bytes)
return id
"""
"""Appends once, although the client sends it again over a new connection where an answer got lost: the token
of the newest push is kept. Each area has one worker, which pushes one message after another; what a worker
of an older generation pushes is refused, before it can change anything. A worker names the id that its push
before was given: where Redis holds another as the newest, messages are missing or not this worker's, and the
feed begins anew, as if it had been emptied. A process that pushes for the first time names none: it begins
with a snapshot, which needs nothing before it. Each message is trimmed away once, so a push costs the same
however much is kept."""
AFTER = """
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[1] then return false end
if #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 0 then return false end
return redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], '+', 'COUNT', ARGV[3])
"""
"""The message named must still be in the stream: only then has nothing after it been dropped."""


class RedisFeed:
    """A `ConsoleFeed` for several processes; `redis` is closed with it."""

    def __init__(self, redis: "Redis", prefix: str = PREFIX) -> None:
        self._redis = redis
        self._prefix = prefix
        self._push = redis.register_script(PUSH)
        self._after = redis.register_script(AFTER)
        self._newest: dict[str, str] = {}

    async def push(self, area: str, event: str, data: bytes, generation: int = 0) -> str:
        """See `ConsoleFeed.push`."""
        token = secrets.token_hex(8)
        words: list[str | int | bytes] = [
            generation,
            FENCE_SECONDS,
            token,
            FEED_LENGTH,
            event,
            data,
            SNAPSHOT,
            self._newest.get(area, ""),
            FEED_BYTES,
        ]
        with told_plainly():
            id_: bytes | None = await self._push(
                keys=[fence_key(self._prefix, area), *self._keys(area)], args=words
            )
        if id_ is None:
            raise FencedError(area, generation)
        # Where no answer came it stays: a push that was kept all the same costs readers a snapshot, no more.
        newest = self._newest[area] = id_.decode("ascii")
        return newest

    async def after(
        self, area: str, last_id: str, limit: int, wait_s: float = 0.0
    ) -> list[FeedMessage] | None:
        """See `ConsoleFeed.after`."""
        epoch, _, stream_id = last_id.partition("-")
        milliseconds, _, sequence = stream_id.partition("-")
        if not (last_id.isascii() and milliseconds.isdecimal() and sequence.isdecimal()):
            return None
        if max(len(milliseconds), len(sequence)) > 19:  # Redis counts in 64 bits
            return None
        until = time.monotonic() + wait_s
        while True:
            with told_plainly():
                entries = await self._after(keys=self._keys(area), args=[epoch, stream_id, limit])
            if entries is None:
                return None
            left_s = min(until - time.monotonic(), BLOCK_MOST_S)
            if entries or left_s <= 0:
                return [_message(epoch, entry) for entry in entries]
            with told_plainly():
                await self._redis.xread({self._keys(area)[0]: stream_id}, 1, max(1, int(left_s * 1000)))

    async def snapshot(self, area: str) -> FeedMessage | None:
        """See `ConsoleFeed.snapshot`."""
        with told_plainly():
            id_, data = await self._redis.hmget(self._keys(area)[2], ["id", "data"])
        if not isinstance(id_, bytes) or not isinstance(data, bytes):
            return None
        return FeedMessage(id_.decode("ascii"), SNAPSHOT, data)

    async def close(self) -> None:
        """See `ConsoleFeed.close`."""
        with told_plainly():
            await self._redis.aclose()

    def _keys(self, area: str) -> list[str]:
        """Stream, what was pushed last, newest snapshot."""
        return [key_of(self._prefix, area, what) for what in ("feed", "pushed", "snapshot")]


def _message(epoch: str, entry: tuple[bytes, list[bytes]]) -> FeedMessage:
    id_, fields = entry
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    return FeedMessage(f"{epoch}-{id_.decode('ascii')}", named[b"event"].decode("utf-8"), named[b"data"])
