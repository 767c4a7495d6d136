"""The orders of the last day: which moves were accepted, and which of these were taken back.

Used by `services.picture`. Pure: a bounded register that is the same in whatever order words come in.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from services.appliance_state import Key

ORDERS_SPAN = timedelta(hours=24)
"""How long an order is remembered, in the area's time."""
ORDERS_KEPT = 1_000
"""Upper bound on orders remembered, the newest; a busy London day brings some 200."""


class OrderWord(Struct, frozen=True):
    """A move accepted, or taken back where `accepted` is False."""

    key: Key
    appliance: str
    from_station: str
    to_station: str
    accepted: bool


class MoveOrder(Struct, frozen=True):
    """A move accepted and not taken back."""

    appliance: str
    from_station: str
    to_station: str
    at: datetime


def with_word(words: tuple[OrderWord, ...], word: OrderWord, as_of: datetime) -> tuple[OrderWord, ...]:
    """Add a word; those older than the span, and all but the newest, are forgotten."""
    if word.key[0] < as_of - ORDERS_SPAN or any(known.key == word.key for known in words):
        return words
    return tuple(sorted((*words, word), key=lambda one: one.key))[-ORDERS_KEPT:]


def fresh(words: tuple[OrderWord, ...], as_of: datetime) -> tuple[OrderWord, ...]:
    """The words within the span; the same tuple where nothing is to be forgotten."""
    oldest = as_of - ORDERS_SPAN
    if not words or words[0].key[0] >= oldest:
        return words
    return tuple(word for word in words if word.key[0] >= oldest)


_last_made: tuple[tuple[OrderWord, ...], tuple[MoveOrder, ...]] = (), ()
"""The words last asked for and their moves: one picture asks several times, the next has mostly the same."""


def moves_made(words: tuple[OrderWord, ...]) -> tuple[MoveOrder, ...]:
    """The moves accepted and not taken back, oldest first.

    A move accepted again, with no other move of its appliance between, is one move: the later word stands.
    """
    global _last_made
    last = _last_made  # read once, replaced whole: safe between threads
    if last[0] is not words:
        _last_made = last = words, _made(words)
    return last[1]


def _made(words: tuple[OrderWord, ...]) -> tuple[MoveOrder, ...]:
    standing: dict[Key, MoveOrder] = {}
    newest: dict[tuple[str, str], Key] = {}
    latest: dict[str, str] = {}  # where each appliance was last sent
    for word in words:
        move = word.appliance, word.to_station
        if word.accepted:
            if move in newest and latest.get(word.appliance) == word.to_station:
                del standing[newest[move]]
            standing[word.key] = MoveOrder(word.appliance, word.from_station, word.to_station, word.key[0])
            newest[move], latest[word.appliance] = word.key, word.to_station
        elif move in newest:
            del standing[newest.pop(move)]
    return tuple(standing.values())
