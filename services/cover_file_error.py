"""What is wrong with a cover file, said by field: the error, and how the decoder's words become it.

Raised by `services.cover_file` and shown by `cover solve`. It never reads or checks a file.
"""

import json
import re

import msgspec

MOST_SHOWN = 60
"""Characters of a value that are shown."""

EXPECTED = {
    "": "a JSON object",
    "format": '"cover-problem/1"',
    "standard": "an object with targets, weights and penalties",
    "demand_per_h": "a list of numbers, one for each zone",
    "stations": "a list of objects with an id and, where they are limited, bays",
    "stations[]": "an object with an id and, where they are limited, bays",
    "stations[].id": "text",
    "stations[].bays": "a whole number, zero or more",
    "travel_s": "a list with a row of seconds for each station",
    "appliances": "a list of objects with id, station, available and locked",
    "appliances[]": "an object with id, station, available and locked",
    "appliances[].id": "text",
    "appliances[].station": "a station index",
    "appliances[].available": "true or false",
    "appliances[].locked": "true or false",
    "move_cost": "a list with a row of costs for each station",
    "max_moves": "a whole number, zero or more",
    "min_cover": "an object of station ids and whole numbers",
}
"""What would be right, by path without indices; a number where the path is not listed."""

FIELDS = {
    "": "format, standard, demand_per_h, stations, travel_s, appliances, move_cost, max_moves, min_cover",
    "standard": "first_target_s, second_target_s, first_weight, second_weight, first_late_s, late_s, cap_s",
    "stations[]": "id, bays",
    "appliances[]": "id, station, available, locked",
}

FOUND = {
    "array": "a list",
    "object": "an object",
    "str": "text",
    "int": "a whole number",
    "float": "a fraction",
    "bool": "true or false",
    "null": "null",
}
"""The decoder's words for what it found."""


class CoverFileError(ValueError):
    """A cover file that cannot be right.

    `field` is the path of the field, empty where the file as a whole is meant; `problem` what is there;
    `expected` what would be right.
    """

    def __init__(self, field: str, problem: str, expected: str) -> None:
        super().__init__(
            f"{field}: {problem}; must be {expected}" if field else f"{problem}; must be {expected}"
        )
        self.field = field
        self.problem = problem
        self.expected = expected


def shown(value: object) -> str:
    """Write a value as JSON does, cut where it is long; anything JSON does not know as text."""
    text = json.dumps(value, default=str, ensure_ascii=True)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def name_of_key(key: str) -> str:
    """Return the step of a path into an object: `.key`, quoted in brackets where it is not a plain word."""
    return f".{key}" if re.fullmatch(r"[\w-]{1,60}", key) else f"[{shown(key)}]"


def refusal_of(error: Exception, data: bytes, at: str = "", expected: str | None = None) -> CoverFileError:
    """Say in the file's words why the decoder refused.

    Parameters
    ----------
    error
        The decoder's.
    data
        What was decoded, to find line and column.
    at, expected
        The path of what was decoded and what would be right in it, where it was a part of the file.
    """
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return CoverFileError(at, f"not JSON: {_malformed(error, data)}", "one JSON object, in UTF-8")
    inside = re.search(r" - at `\$(.*)`$", text)
    step = inside[1] if inside else ""
    path = f"{at}{step}" if at else step.removeprefix(".")
    plain = re.sub(r"\[\d+\]", "[]", path)
    if missing := re.match(r"Object missing required field `(.*?)`", text):
        name = f"{plain}.{missing[1]}".removeprefix(".")
        return CoverFileError(
            f"{path}.{missing[1]}".removeprefix("."), "missing", EXPECTED.get(name, "a number")
        )
    if unknown := re.match(r"Object contains unknown field `(.*?)`(?: - at `|$)", text, re.DOTALL):
        field = f"{path}{name_of_key(unknown[1])}".removeprefix(".")
        return CoverFileError(field, "unknown field", f"left out; the fields here are {FIELDS[plain]}")
    if expected is None:
        expected = EXPECTED.get(plain, "a number")
    elif not step and "array" in text:
        expected = f"a list of numbers ({expected})"
    got = re.search(r"got `(.*?)`", text)
    return CoverFileError(
        path, FOUND.get(got[1], got[1]) if got else text.split(" - at ")[0].lower(), expected
    )


def _malformed(error: Exception, data: bytes) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 ({error.reason})"
    place = re.fullmatch(r"JSON is malformed: (.*) \(byte (\d+)\)", str(error))
    if place is None:
        return str(error)[:1].lower() + str(error)[1:]
    byte = int(place[2])
    line = data.count(b"\n", 0, byte) + 1
    column = byte - (data.rfind(b"\n", 0, byte) + 1) + 1
    return f"{place[1]} at line {line}, column {column}"
