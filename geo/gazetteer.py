"""Finds properties, addresses, streets and landmarks of a council: by number, by place, or in a free text.

Called by the doors that take requests and feedback. Keeps no text it is given, and leaves alone what only
looks like a place: handles, addresses of the net, three words joined by dots.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from geo.gazetteer_words import BREAK, TYPES, Word, every_word, key_of, words_of

if TYPE_CHECKING:
    from geo.council import Council

MAX_FOUND = 20
"""Properties an address may have; streets and landmarks named in one text."""
# A slip of one letter is forgiven in names of so many.
MIN_LETTERS_WITH_SLIP = 5
# What stands before a landmark that is called by its kind only: "the station", "near market hall".
BEFORE_KIND = frozenset({"the", "at", "by", "near", "outside", "opposite", "behind", "opp"})
_DIGITS = re.compile(r"[0-9]{1,12}")
_NUMBER = re.compile(r"([0-9]{1,5})[a-z]?")


@dataclass(frozen=True, slots=True)
class Property:
    """A property: `address` is "12 Alder Road"; `street` and `stop` are ids of the council."""

    uprn: str
    easting_m: float
    northing_m: float
    address: str
    street: str
    stop: str


@dataclass(frozen=True, slots=True)
class StreetHit:
    """A street or landmark named in a text.

    Attributes
    ----------
    streets
        Ids of the streets of that name; empty for a landmark.
    easting_m, northing_m, uncertainty_m
        Its middle; it is all within so many metres.
    start, end
        Where in the text it stands, in characters.
    exact
        Whether every letter was right.
    """

    name: str
    streets: tuple[str, ...]
    easting_m: float
    northing_m: float
    uncertainty_m: float
    start: int
    end: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    streets: tuple[str, ...]
    easting_m: float
    northing_m: float
    extent_m: float


class Gazetteer:
    """The finder of one council.

    Parameters
    ----------
    council
        It must not be changed afterwards.
    """

    def __init__(self, council: Council) -> None:
        """Build the indices."""
        self._council = council
        self._by_uprn = np.argsort(council.properties.uprn)
        self._uprns = council.properties.uprn[self._by_uprn]
        self._tree = KDTree(council.properties.en) if len(council.properties.uprn) else None
        self._by_number: dict[tuple[int, int], list[int]] = defaultdict(list)
        pairs = zip(council.properties.street.tolist(), council.properties.number.tolist(), strict=True)
        for at, pair in enumerate(pairs):
            self._by_number[pair].append(at)
        self._named: dict[tuple[str, ...], _Place] = {}
        self._kinds: dict[tuple[str, ...], _Place] = {}
        self._name_streets()
        self._name_landmarks()
        self._most_words = max(map(len, [*self._named, *self._kinds]), default=0)
        self._slips = self._one_letter_less()

    def _name_streets(self) -> None:
        streets = self._council.streets
        numbers: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for at, name in enumerate(streets.names):
            key = key_of(name)
            if key:
                numbers[key].append(at)
        for key, same in numbers.items():
            line = np.concatenate([streets.line[streets.first[at] : streets.first[at + 1]] for at in same])
            middle = (line.min(axis=0) + line.max(axis=0)) / 2
            extent_m = float(np.hypot(*(line - middle).T).max())
            ids = tuple(streets.ids[at] for at in same)
            self._named[key] = _Place(
                streets.names[same[0]], ids, float(middle[0]), float(middle[1]), extent_m
            )

    def _name_landmarks(self) -> None:
        """Landmarks go by their names, and by the last words of these where no other landmark has them."""
        marks = self._council.landmarks
        kinds: dict[tuple[str, ...], list[_Place]] = defaultdict(list)
        for name, (east, north), extent_m in zip(
            marks.names, marks.en.tolist(), marks.extent_m.tolist(), strict=True
        ):
            place, key = _Place(name, (), east, north, extent_m), key_of(name)
            if key and key not in self._named:
                self._named[key] = place
            for cut in range(1, len(key)):
                kinds[key[cut:]].append(place)
        self._kinds = {key: found[0] for key, found in kinds.items() if len(found) == 1}

    def _one_letter_less(self) -> dict[tuple[str, str], tuple[str, ...] | None]:
        """Return names by (their letters less one, last word); None where two names come to the same."""
        slips: dict[tuple[str, str], tuple[str, ...] | None] = {}
        for key in self._named:
            front = " ".join(key[:-1])
            if len(front) < MIN_LETTERS_WITH_SLIP or key[-1] not in TYPES:
                continue
            for less in _less_one(front):
                slip = (less, key[-1])
                slips[slip] = key if slips.get(slip, key) == key else None
        return slips

    def by_uprn(self, uprn: str) -> Property | None:
        """Return the property of a UPRN, leading zeros or not; None where there is none."""
        digits = uprn.strip()
        if not _DIGITS.fullmatch(digits):
            return None
        number = int(digits)
        at = int(np.searchsorted(self._uprns, number))
        if at == len(self._uprns) or self._uprns[at] != number:
            return None
        return self._property(int(self._by_uprn[at]))

    def by_address(self, text: str) -> list[Property]:
        """Return the properties of an address such as "12 Alder Rd", in any case and with any punctuation.

        What stands around it ("Flat 2", a town, a postcode) does not matter. Several properties only where
        several streets have that name; none where it names no house.
        """
        words = words_of(text)
        at_start = {word.start: at for at, word in enumerate(words)}
        at_end = {word.end: at for at, word in enumerate(words)}
        found: list[int] = []
        for hit in self.streets_named(text):
            before, after = at_start.get(hit.start, 0) - 1, at_end.get(hit.end, len(words)) + 1
            number = _house_number(words, before) or _house_number(words, after)
            for street in hit.streets if number is not None else ():
                found += self._by_number.get((self._council.street_number[street], number or 0), [])
        return [self._property(at) for at in dict.fromkeys(found)][:MAX_FOUND]

    def nearest(self, easting_m: float, northing_m: float, within_m: float) -> Property | None:
        """Return the property nearest to a place, None where there is none within so many metres."""
        if self._tree is None or not np.isfinite([easting_m, northing_m]).all():
            return None
        away_m, at = self._tree.query([easting_m, northing_m], distance_upper_bound=max(within_m, 0.0) + 1e-9)
        return self._property(int(at)) if np.isfinite(away_m) else None

    def streets_named(self, text: str) -> list[StreetHit]:
        """Return the streets and landmarks a text names, in the order in which it does, each once.

        Case, punctuation, usual abbreviations, a "the" more or less, "Alder and Birch Roads" and a slip of
        one letter do not matter. Of two names at the same place the longer one counts.
        """
        words = words_of(text)
        articled = _after_article(text)
        hits: list[StreetHit] = []
        seen: set[str] = set()
        at = 0
        while at < len(words) and len(hits) < MAX_FOUND:
            matched = self._match(words, at, articled)
            if matched is None:
                at += 1
                continue
            place, length, exact = matched
            if place.name not in seen:
                seen.add(place.name)
                hits.append(_hit(place, words[at], words[at + length - 1], exact=exact))
            at += length
        return hits

    def _match(self, words: list[Word], at: int, articled: frozenset[int]) -> tuple[_Place, int, bool] | None:
        """Return the place that is named from this word on, how many words that takes, and if exactly so."""
        if words[at].text == BREAK:
            return None
        for length in range(min(self._most_words, len(words) - at), 0, -1):
            key = tuple(word.text for word in words[at : at + length])
            place = self._named.get(key)
            if place is None and words[at].start in articled:
                place = self._kinds.get(key)
            if place is not None:
                return place, length, True
        shared = self._shared_last_word(words, at)
        if shared is not None:
            return shared
        for length in range(min(self._most_words, len(words) - at), 1, -1):
            slipped = self._with_slip(words[at : at + length])
            if slipped is not None:
                return self._named[slipped], length, False
        return None

    def _shared_last_word(self, words: list[Word], at: int) -> tuple[_Place, int, bool] | None:
        """Read the first name of "Alder and Birch Roads"; the second is found by itself."""
        for length in range(1, min(self._most_words, len(words) - at - 2)):
            if words[at + length].text not in ("and", "&"):
                continue
            for last in words[at + length + 1 : at + length + 1 + self._most_words]:
                if last.plural:
                    front = [word.text for word in words[at : at + length]]
                    place = self._named.get((*front, last.text))
                    return None if place is None else (place, length, True)
        return None

    def _with_slip(self, words: list[Word]) -> tuple[str, ...] | None:
        """Return the one name that these words are but for a letter too few, too many or wrong."""
        front, last = " ".join(word.text for word in words[:-1]), words[-1].text
        if len(front) < MIN_LETTERS_WITH_SLIP - 1 or last not in TYPES or BREAK in front:
            return None
        found: set[tuple[str, ...]] = set()
        for less in (front, *_less_one(front)):
            key = self._slips.get((less, last))
            if key is not None and _one_edit(front, " ".join(key[:-1])):
                found.add(key)
            if (*less.split(" "), last) in self._named:
                found.add((*less.split(" "), last))
        return found.pop() if len(found) == 1 else None

    def _property(self, at: int) -> Property:
        council, part = self._council, self._council.properties
        street = int(part.street[at])
        return Property(
            str(part.uprn[at]),
            float(part.en[at, 0]),
            float(part.en[at, 1]),
            f"{part.number[at]} {council.streets.names[street]}",
            council.streets.ids[street],
            council.stops.ids[int(part.stop[at])],
        )


def _house_number(words: list[Word], at: int) -> int | None:
    found = _NUMBER.fullmatch(words[at].text) if 0 <= at < len(words) else None
    return int(found[1]) if found else None


def _after_article(text: str) -> frozenset[int]:
    """Return where words begin that stand behind "the" or a word of place."""
    starts, before = set(), ""
    for word in every_word(text):
        if before in BEFORE_KIND:
            starts.add(word.start)
        before = word.text
    return frozenset(starts)


def _hit(place: _Place, first: Word, last: Word, *, exact: bool) -> StreetHit:
    return StreetHit(
        place.name,
        place.streets,
        place.easting_m,
        place.northing_m,
        place.extent_m,
        first.start,
        last.end,
        exact,
    )


def _less_one(text: str) -> set[str]:
    """Return the texts that lack one letter of this one."""
    return {text[:at] + text[at + 1 :] for at in range(len(text))}


def _one_edit(a: str, b: str) -> bool:
    """Tell whether a letter too few, too many, wrong or swapped with its neighbour is all that differs."""
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) != len(b):
        short, long = sorted((a, b), key=len)
        return short in _less_one(long)
    differing = [at for at, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if len(differing) == 2 and differing[1] == differing[0] + 1:
        return a[differing[0]] == b[differing[1]] and a[differing[1]] == b[differing[0]]
    return len(differing) <= 1
