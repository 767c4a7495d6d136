"""Reads one report from named fields, as a form, a CSV row or a JSON object has them.

Called by the Open311 routes and the batch reader. What a person wrote or is called is passed over: of a
name, a phone number or an address for mail only a pseudonym is made.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.council.demand.identity import GivenError, PlaceGiven
from services.council.demand.report import Report
from services.council.demand.service_list import (
    COLLECTION_DATE,
    FILL,
    MATERIAL,
    UnknownServiceError,
    service_of,
)
from streams.council_events import ReportChannel

Pseudonym = Callable[[str, datetime], str]
"""Of who reports: what names them, and when."""
WHO = ("account_id", "email", "phone", "device_id")
"""Which field names who reports: the first one given; else first and last name together."""
NEVER_KEPT = frozenset({*WHO, "first_name", "last_name", "description", "media_url", "zipcode"})
"""Taken and passed over."""
PLACE_FIELDS = ("uprn", "address", "easting_m", "northing_m", "lat", "lon")
OTHER_FIELDS = ("service_code", "at", MATERIAL, FILL, COLLECTION_DATE)
FIELDS = frozenset({*PLACE_FIELDS, *OTHER_FIELDS, *NEVER_KEPT})
LONGEST = 500
"""Characters of a field that is kept or looked up."""
UPRN = re.compile(r"[0-9]{1,12}")


def read_report(
    fields: Mapping[str, object],
    channel: ReportChannel,
    zone: ZoneInfo,
    pseudonym: Callable[[str], str],
    event_id: str | None = None,
) -> Report:
    """The report of these fields; empty ones count as missing, unknown ones are passed over.

    Raises
    ------
    GivenError
        Naming the first field that cannot be read.
    """
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    code = _text(given, "service_code")
    if code is None:
        raise GivenError("service_code", "missing")
    try:
        service = service_of(code)
    except UnknownServiceError as error:
        raise GivenError("service_code", str(error)) from None
    uprn = _text(given, "uprn")
    if uprn is not None and not UPRN.fullmatch(uprn):
        raise GivenError("uprn", "a UPRN is 1 to 12 digits")
    place = PlaceGiven(
        None if uprn is None else uprn.lstrip("0") or "0",
        _text(given, "address"),
        *(_number(given, name) for name in PLACE_FIELDS[2:]),
    )
    fill = _number(given, FILL)
    if fill is not None and not 0 <= fill <= 1:
        raise GivenError(FILL, "how full, from 0 to 1")
    who = next((str(given[name]) for name in WHO if name in given), None)
    if who is None and ("first_name" in given or "last_name" in given):
        who = f"{given.get('first_name', '')} {given.get('last_name', '')}"
    asked = set(service.asks)
    for name in (MATERIAL, FILL, COLLECTION_DATE):
        if name in given and name not in asked:
            raise GivenError(name, f"{service.code.value} does not take it")
    return Report(
        service,
        place,
        ReportChannel.SENSOR if fill is not None and channel is ReportChannel.BATCH else channel,
        _time(given, "at", zone),
        _date(given, COLLECTION_DATE),
        _text(given, MATERIAL),
        fill,
        None if who is None else pseudonym(who.strip().casefold()),
        event_id,
    )


def _text(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise GivenError(name, "must be text")
    text = str(value).strip()
    if len(text) > LONGEST:
        raise GivenError(name, f"{len(text)} characters; at most {LONGEST}")
    return text or None


def _number(given: Mapping[str, object], name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise GivenError(name, "must be a number")
    return number


def _time(given: Mapping[str, object], name: str, zone: ZoneInfo) -> datetime | None:
    text = _text(given, name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GivenError(name, "must be a time such as 2025-06-06T08:30:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _date(given: Mapping[str, object], name: str) -> date | None:
    text = _text(given, name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise GivenError(name, "must be a day such as 2025-06-06") from None
