"""How the decoder's refusal of a route file becomes words: field, what is there, what would be right.

Called by `services.routes_file` and `services.routes_plan_file`. It never reads or judges a file.
"""

import re

import msgspec

from services.cover_file_error import FOUND, CoverFileError, name_of_key, shown
from services.cover_file_error import refusal_of as malformed_refusal
from services.routes_document import (
    BreakRule,
    InForceRound,
    InForceRows,
    Location,
    Lock,
    RoutesDocument,
    StopRow,
    Street,
    TipRow,
    Travel,
    VehicleRow,
    Weights,
)

CLOCK = 'a time of the day ("HH:MM", "HH:MM:SS" or seconds)'

_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "": RoutesDocument,
    "locations[]": Location,
    "travel": Travel,
    "vehicles[]": VehicleRow,
    "vehicles[].break": BreakRule,
    "stops[]": StopRow,
    "stops[].street": Street,
    "stops[].lock": Lock,
    "tips[]": TipRow,
    "weights": Weights,
    "in_force": InForceRows,
    "in_force.rounds[]": InForceRound,
    "stop": StopRow,
    "stop.street": Street,
    "stop.lock": Lock,
}
"""Which object stands where, by path without indices; `stop` is one given by itself."""

_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_CHOICES = {"priority": '"low", "normal", "high" or "must"', "break": '"before_leaving" or "on_arrival"'}


def refusal_of(error: Exception, data: bytes, at: str = "") -> CoverFileError:
    """Say in the file's words why the decoder refused `data`, which stands at the path `at`."""
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return malformed_refusal(error, data, at)
    inside = re.search(r" - at `\$(.*)`$", text)
    path = f"{at}{inside[1] if inside else ''}".removeprefix(".")
    plain = re.sub(r"\[\d+\]", "[]", path)
    if missing := re.match(r"Object missing required field `(.*?)`", text):
        return CoverFileError(
            f"{path}.{missing[1]}".removeprefix("."), "missing", _type_words(plain, missing[1])
        )
    if unknown := re.match(r"Object contains unknown field `(.*?)`(?: - at `|$)", text, re.DOTALL):
        fields = ", ".join(field.encode_name for field in msgspec.structs.fields(_STRUCTS[plain]))
        field = f"{path}{name_of_key(unknown[1])}".removeprefix(".")
        return CoverFileError(field, "unknown field", f"left out; the fields here are {fields}")
    last = path.rsplit(".", 1)[-1]
    if choice := re.match(r"Invalid enum value '(.*?)'", text):
        return CoverFileError(path, shown(choice[1]), _CHOICES.get(last, "one of the words known"))
    if length := re.match(r"Expected `array` of length (\d+)", text):
        return CoverFileError(path, "a list of another length", f"a list of {length[1]} values")
    wrong = re.match(r"Expected `(.*?)`(?:, got `(.*?)`)?", text)
    if wrong is None:
        return CoverFileError(path, text.split(" - at ")[0].lower(), "a value the format knows")
    found = FOUND.get(wrong[2] or "", wrong[2] or "another value")
    return CoverFileError(path, found, _CHOICES.get(last) or _expected(wrong[1]))


def _expected(types: str) -> str:
    names = types.split(" | ")
    if {"str", "float"} <= set(names):
        return CLOCK
    return " or ".join(_WORDS.get(name, name) for name in names)


def _type_words(plain: str, missing: str) -> str:
    """Say what a missing field should be; found in the annotation of the object's class."""
    for field in msgspec.structs.fields(_STRUCTS.get(plain, RoutesDocument)):
        if field.encode_name == missing:
            kind = msgspec.inspect.type_info(field.type)
            names = {
                msgspec.inspect.StrType: "text",
                msgspec.inspect.IntType: "a whole number",
                msgspec.inspect.FloatType: "a number",
                msgspec.inspect.ListType: "a list",
                msgspec.inspect.TupleType: "a list of two times",
                msgspec.inspect.UnionType: CLOCK,
            }
            return names.get(type(kind), "an object")
    return "there"
