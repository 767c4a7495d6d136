"""As much of JSON Schema 2020-12 as the schemas under docs use; a keyword it does not know is an error.

Called by tests only, so that no library has to be locked for two files.
"""

from typing import Any

SAYING_NOTHING = {"$schema", "$id", "$defs", "title", "description"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def broken(
    schema: dict[str, Any], value: object, root: dict[str, Any] | None = None, at: str = "$"
) -> list[str]:
    """What of the schema the value breaks, by path; empty where it fits."""
    root = schema if root is None else root
    found: list[str] = []
    for keyword, rule in schema.items():
        if keyword not in SAYING_NOTHING:
            found += _broken_by(keyword, rule, value, schema, root, at)
    return found


def _broken_by(
    keyword: str, rule: Any, value: Any, schema: dict[str, Any], root: dict[str, Any], at: str
) -> list[str]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match keyword:
        case "$ref":
            return broken(root["$defs"][rule.removeprefix("#/$defs/")], value, root, at)
        case "oneOf":
            fits = [one for one in rule if not broken(one, value, root, at)]
            return [] if len(fits) == 1 else [f"{at}: fits {len(fits)} of oneOf"]
        case "type":
            names = [rule] if isinstance(rule, str) else rule
            fits_type = any(
                isinstance(value, TYPES[n]) and (n == "boolean" or not isinstance(value, bool)) for n in names
            )
            return [] if fits_type else [f"{at}: not {names}"]
        case "const":
            return [] if value == rule else [f"{at}: not {rule!r}"]
        case "enum":
            return [] if value in rule else [f"{at}: not one of {rule}"]
        case "minimum":
            return [f"{at}: below {rule}"] if number and value < rule else []
        case "maximum":
            return [f"{at}: above {rule}"] if number and value > rule else []
        case "multipleOf":
            return [f"{at}: no multiple of {rule}"] if number and value % rule else []
        case "minLength":
            return [f"{at}: too short"] if isinstance(value, str) and len(value) < rule else []
        case "minItems":
            return [f"{at}: too few"] if isinstance(value, list) and len(value) < rule else []
        case "maxItems":
            return [f"{at}: too many"] if isinstance(value, list) and len(value) > rule else []
        case "items":
            items = value if isinstance(value, list) else []
            return [b for i, item in enumerate(items) for b in broken(rule, item, root, f"{at}[{i}]")]
        case "required":
            return [f"{at}.{n}: missing" for n in rule if isinstance(value, dict) and n not in value]
        case "properties":
            inside = value if isinstance(value, dict) else {}
            return [
                b for n, sub in rule.items() if n in inside for b in broken(sub, inside[n], root, f"{at}.{n}")
            ]
        case "additionalProperties":
            others = set(value) - set(schema.get("properties", {})) if isinstance(value, dict) else set()
            if rule is False:
                return [f"{at}.{name}: not known" for name in sorted(others)]
            return [b for n in sorted(others) for b in broken(rule, value[n], root, f"{at}.{n}")]
    raise AssertionError(f"{at}: keyword {keyword} is not known to this check")
