"""Posts and reports full of personal data, every datum of which is there only once, and the search for them.

Used by the tests that look everywhere the service keeps or says anything. Made up by this generator alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Json = dict[str, Any]
PREFIX_BYTES = 4
"""So many bytes of a datum are looked for at once; then the whole of it."""
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that the second part of a postcode has."""
SYLLABLES = ("bram", "quil", "zeph", "thorn", "ospi", "wexl", "marv", "yeld", "krat", "junip")
OPENINGS = (
    "Missed collection on {street} again, our bin was not emptied this morning.",
    "Thick black smoke and flames coming out of a house on {street}, call the fire brigade!",
    "The bin on the corner of {street} is overflowing, rubbish everywhere.",
    "Somebody fly-tipped a mattress on {street} last night.",
    "{street} is completely blocked by a fallen tree, no car gets through.",
    "{street} is under water, the drain is flooded.",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a street, and everything that tells who it is; `number` of their own, below 1,000."""

    number: int
    street: str

    @property
    def word(self) -> str:
        """Letters nobody else has."""
        digits = [int(d) for d in f"{self.number:03d}"]
        return "".join(SYLLABLES[d] for d in digits)

    @property
    def first(self) -> str:
        """First name."""
        return f"Al{self.word}"

    @property
    def last(self) -> str:
        """Last name."""
        return f"O{self.word}son"

    @property
    def phone(self) -> str:
        """A mobile number of the range kept for fiction."""
        return f"07700 900{self.number:03d}"

    @property
    def email(self) -> str:
        """An address at an example host."""
        return f"{self.word}.{self.number}@mail.example.org"

    @property
    def postcode(self) -> str:
        """A whole postcode of an area that does not exist."""
        number = self.number
        return f"QX{number // 400 + 10} {number % 10}{self._letter(10)}{self._letter(200)}"

    @property
    def plate(self) -> str:
        """A number plate."""
        return f"QZ{self.number % 90 + 10} {self._letter(1)}{self._letter(20)}{self._letter(400)}"

    @property
    def handle(self) -> str:
        """On a platform."""
        return f"@{self.word}_{self.number}"

    @property
    def link(self) -> str:
        """To something of theirs."""
        return f"https://pics.example.com/u/{self.word}/{self.number}"

    @property
    def media(self) -> str:
        """A picture."""
        return f"https://media.example.net/{self.number:05d}-{self.word}-door.jpg"

    @property
    def device(self) -> str:
        """Of the app."""
        return f"device-{self.number:05d}-{self.word}"

    @property
    def home(self) -> str:
        """A home's name and number."""
        return f"Flat {self.number + 1000}b, {self.word.title()} Lodge"

    @property
    def address(self) -> str:
        """A house of the street."""
        return f"{self.number + 2000} {self.street}"

    @property
    def aside(self) -> str:
        """Words nobody else writes."""
        return f"gl{self.word}ings"

    def data(self) -> list[str]:
        """Everything of it, also as it would look with its blanks, case or marks taken out."""
        plain = [
            self.first, self.last, self.phone, self.email, self.postcode, self.plate, self.handle, self.link,
            self.media, self.device, self.home, self.address, self.aside, self.post_id, self.word,
        ]  # fmt: skip
        tight = [self.phone.replace(" ", ""), self.postcode.replace(" ", ""), self.plate.replace(" ", "")]
        return [*plain, *tight, self.handle[1:]]

    @property
    def post_id(self) -> str:
        """The platform's name of the post."""
        return f"status-{self.number:05d}-{self.word[::-1]}"

    def post(self, at: str) -> Json:
        """What they post, with much that no form asks for."""
        opening = OPENINGS[self.number % len(OPENINGS)].format(street=self.street)
        said = (
            f"I am {self.first} {self.last} of {self.home}, {self.address}, {self.postcode}.",
            f"Ring me on {self.phone} or write to {self.email}, {self.aside}!",
            f"My car {self.plate} stands there, see {self.link} or {self.media} cc {self.handle}",
        )
        turned = self.number % len(said)
        return {
            "id": self.post_id,
            "text": " ".join((opening, *said[turned:], *said[:turned])),
            "created_at": at,
            "author": f"{self.first} {self.last}",
            "handle": self.handle,
            "channel": "chirper",
            "media": [self.media],
            "user": {"email": self.email, "phone": self.phone, "device": self.device},
        }

    def report(self, uprn: str) -> dict[str, str]:
        """What they report over Open311, all fields filled in that it has for a person."""
        return {
            "service_code": ("bulky_item", "assisted_collection", "contamination")[self.number % 3],
            "address_id": uprn,
            "first_name": self.first,
            "last_name": self.last,
            "email": self.email,
            "phone": self.phone,
            "device_id": self.device,
            "account_id": self.post_id,
            "media_url": self.media,
            "zipcode": self.postcode,
            "description": f"{self.aside}, I am {self.first}, {self.home}; {self.handle} {self.plate}",
        }

    def _letter(self, step: int) -> str:
        return LETTERS[self.number // step % len(LETTERS)]


class Needles:
    """Many data, looked for at once in bytes, whatever their case.

    Parameters
    ----------
    data
        Each of `PREFIX_BYTES` or more.
    """

    def __init__(self, data: Iterable[str]) -> None:
        self._by_prefix: dict[int, list[bytes]] = {}
        for datum in data:
            needle = datum.lower().encode()
            if len(needle) < PREFIX_BYTES:
                raise ValueError(f"{datum!r} is too short to be looked for")
            key = int.from_bytes(needle[:PREFIX_BYTES], "little")
            self._by_prefix.setdefault(key, []).append(needle)
        self._prefixes = np.array(sorted(self._by_prefix), dtype=np.uint32)

    def found(self, text: bytes) -> list[str]:
        """Those that are in it, once each."""
        text = text.lower()
        hits: set[str] = set()
        for shift in range(PREFIX_BYTES):
            count = (len(text) - shift) // PREFIX_BYTES
            if count <= 0:
                break
            words = np.frombuffer(text, dtype="<u4", count=count, offset=shift)
            for at in np.flatnonzero(np.isin(words, self._prefixes)).tolist():
                start = shift + at * PREFIX_BYTES
                for needle in self._by_prefix[int(words[at])]:
                    if text.startswith(needle, start):
                        hits.add(needle.decode())
        return sorted(hits)

    def in_places(self, places: Mapping[str, bytes]) -> dict[str, list[str]]:
        """What is found, by place; places without are left out."""
        found = {place: self.found(text) for place, text in places.items()}
        return {place: hits for place, hits in found.items() if hits}
