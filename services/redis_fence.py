"""Which generation of the workers' group may write for an area: `streams.fence`, in Redis.

Used by `services.redis_checkpoints` and `services.redis_feed`, which put `ADMIT` before what they do in a
script of Redis, so that nothing comes between the look at the generation and the write. One key for each
area, renewed by every write and gone `FENCE_S` after the last; a Redis that was emptied lets in whoever comes
first.
"""

import math

from services.redis_link import key_of
from streams.fence import FENCE_S

FENCE_SECONDS = math.ceil(FENCE_S)
ADMIT = """
local newest = redis.call('GET', KEYS[1])
if newest and tonumber(ARGV[1]) < tonumber(newest) then return false end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
"""
"""First lines of a script whose first key and first two arguments are `fence_key(…)`, the generation and
`FENCE_SECONDS`; the script returns nil where the write was refused."""


def fence_key(prefix: str, area: str) -> str:
    """Where the newest generation of an area stands."""
    return key_of(prefix, area, "generation")
