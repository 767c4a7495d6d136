"""The words of place names as people type them: lower case, no apostrophes, "Rd" for "Road", one "the" less.

Called by the gazetteer. Knows no place, and keeps no text it is given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# Of a post of 100 kB only so much is looked at: no address is further into it.
MAX_TEXT = 5_000
SHORT = {
    "road": "rd",
    "street": "st",
    "str": "st",
    "saint": "st",
    "avenue": "ave",
    "av": "ave",
    "lane": "ln",
    "close": "cl",
    "drive": "dr",
    "crescent": "cres",
    "cresc": "cres",
    "terrace": "ter",
    "terr": "ter",
    "grove": "gr",
    "grv": "gr",
    "place": "pl",
    "square": "sq",
    "court": "ct",
    "crt": "ct",
    "gardens": "gdns",
    "garden": "gdns",
    "gdn": "gdns",
    "way": "wy",
    "green": "grn",
    "parade": "pde",
    "walk": "wlk",
    "mount": "mt",
    "park": "pk",
}
"""What a word of a name is compared as; whole words and other abbreviations come to the same."""
TYPES = frozenset(SHORT.values()) | {"hill", "view", "rise", "row", "mews", "vale", "bank", "quay", "end"}
"""Last words of street names, as compared."""
SILENT = frozenset({"the"})
BREAK = "|"
"""Stands where nothing may be read across."""
# Three words joined by dots name a square of three metres somewhere; addresses of the net and handles,
# too, hold words that are no place here.
# (Each alternative begins at the start of a word, so that long ones without any space take no time.)
_LETTERS = r"[^\W\d_]{2,}"
_NOT_A_PLACE = re.compile(
    rf"https?://\S+|www\.\S+|(?<!\S)[^\s@]*@\S+|(?<![^\W\d_])/{{0,3}}{_LETTERS}[.・。]{_LETTERS}[.・。]{_LETTERS}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
_APOSTROPHE = re.compile(r"['’`´]")


class Word(NamedTuple):
    """A word of a text: as compared, where it stands, whether it was the plural of a street's last word."""

    text: str
    start: int
    end: int
    plural: bool = False


def words_of(text: str) -> list[Word]:
    """Return the words of a text as they are compared, without "the"; `BREAK` for what is no place."""
    return [word for word in every_word(text) if word.text not in SILENT]


def every_word(text: str) -> Iterator[Word]:
    """Yield all words of a text as they are compared, "the" included."""
    text = text[:MAX_TEXT]
    at = 0
    for hidden in _NOT_A_PLACE.finditer(text):
        yield from _plain_words(text, at, hidden.start())
        yield Word(BREAK, hidden.start(), hidden.end())
        at = hidden.end()
    yield from _plain_words(text, at, len(text))


def key_of(name: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared."""
    return tuple(word.text for word in words_of(name))


def _plain_words(text: str, start: int, end: int) -> Iterator[Word]:
    for found in _WORD.finditer(text, start, end):
        plain = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", found.group())).casefold()
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
        short = SHORT.get(plain, plain)
        single = plain[:-1] if plain.endswith("s") else ""
        is_plural = short not in TYPES and SHORT.get(single, single) in TYPES
        yield Word(SHORT.get(single, single) if is_plural else short, found.start(), found.end(), is_plural)
