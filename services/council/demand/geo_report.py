"""The documents of Open311 GeoReport v2: services, definitions, requests; as plain dicts, and as XML.

Called by the Open311 routes. Follows https://wiki.open311.org/GeoReport_v2/. Shows places as the gazetteer
writes them; there is no description, name or picture to show, since none is kept.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from geo.council import Council
from services.council.day_picture import RequestState, RequestStatus
from services.council.demand.service_list import (
    COLLECTION_DATE,
    FILL,
    FULL_FILL,
    MATERIAL,
    SERVICES,
    ServiceEntry,
)

Entry = dict[str, object]
OPEN, CLOSED = "open", "closed"
OPEN311_STATUS = {
    RequestStatus.OPEN: OPEN,
    RequestStatus.PLANNED: OPEN,
    RequestStatus.DONE: CLOSED,
    RequestStatus.REFUSED: CLOSED,
    RequestStatus.WITHDRAWN: CLOSED,
}
NOTES = {
    RequestStatus.OPEN: "Received; a round is being found for it.",
    RequestStatus.PLANNED: "Planned into a round of today.",
    RequestStatus.DONE: "Done.",
    RequestStatus.REFUSED: "Not taken on.",
    RequestStatus.WITHDRAWN: "Withdrawn.",
}
REASONS = {
    "too_early": "The round has not passed yet and its time is not over; please report it again if the bin "
    "is still full then.",
    "too_late": "The collection was more than two working days ago.",
    "crew_reason_not_out": "The crew recorded that the bin was not out.",
    "crew_reason_contaminated": "The crew recorded that the bin held what does not belong in it.",
    "crew_reason_no_access": "The crew recorded that they could not get to the bin.",
    "crew_reason_overweight": "The crew recorded that the bin was too heavy to lift.",
    "collected_since": "It has been collected since.",
    "not_out": "The crew came again; nothing was out.",
    "contaminated": "The crew came again; the bin held what does not belong in it.",
    "no_access": "The crew came again and could not get to it.",
    "overweight": "The crew came again; it was too heavy to lift.",
}
"""By the reason a request ended with."""


def services(council: Council) -> list[Entry]:
    """The list of services."""
    return [
        {
            "service_code": entry.code.value,
            "service_name": entry.name,
            "description": entry.description,
            "metadata": bool(_attributes(council, entry)),
            "type": "realtime",
            "keywords": entry.keywords,
            "group": entry.group,
        }
        for entry in SERVICES.values()
    ]


def definition(council: Council, entry: ServiceEntry) -> Entry:
    """What a service wants to know."""
    return {"service_code": entry.code.value, "attributes": _attributes(council, entry)}


def _attributes(council: Council, entry: ServiceEntry) -> list[Entry]:
    known: dict[str, Entry] = {
        MATERIAL: {
            "datatype": "singlevaluelist",
            "description": "Which bin",
            "datatype_description": "One of the listed materials",
            "values": [{"key": name, "name": name.replace("_", " ")} for name in council.materials],
        },
        FILL: {
            "datatype": "number",
            "description": "How full the bin is, from 0 to 1",
            "datatype_description": f"A sensor's reading; below {FULL_FILL:g} it makes no request",
        },
        COLLECTION_DATE: {
            "datatype": "datetime",
            "description": "The day the collection was due",
            "datatype_description": "Such as 2025-06-06; without it, the newest collection is meant",
        },
    }
    return [
        {"variable": True, "code": name, "required": False, "order": order, **known[name]}
        for order, name in enumerate(entry.asks, 1)
    ]


def request_entries(council: Council, states: Sequence[RequestState]) -> list[Entry]:
    """Requests as they stand."""
    lonlat = (
        council.to_wgs84([(state.easting_m, state.northing_m) for state in states]).tolist() if states else []
    )
    return [_request(council, state, lon, lat) for state, (lon, lat) in zip(states, lonlat, strict=True)]


def _request(council: Council, state: RequestState, lon: float, lat: float) -> Entry:
    updated = state.key[0] if state.closing is None else state.closing.key[0]
    property_ = None if state.uprn is None else council.gazetteer().by_uprn(state.uprn)
    address = None if property_ is None else property_.address
    if address is None and state.street is not None:
        address = council.streets.names[council.street_number[state.street]]
    reason = None if state.reason is None else REASONS.get(state.reason, state.reason.replace("_", " "))
    return {
        "service_request_id": state.request,
        "status": OPEN311_STATUS[state.status],
        "status_notes": NOTES[state.status] if reason is None else f"{NOTES[state.status]} {reason}",
        "service_name": SERVICES[state.service].name,
        "service_code": state.service.value,
        "description": None,
        "agency_responsible": council.name,
        "service_notice": None,
        "requested_datetime": moment(state.at),
        "updated_datetime": moment(updated),
        "expected_datetime": None,
        "address": address,
        "address_id": state.uprn,
        "zipcode": None,
        "lat": round(lat, 6),
        "long": round(lon, 6),
        "media_url": None,
    }


def discovery(area: str, url: str) -> Entry:
    """Where the service is and what it speaks; `url` is the base of GeoReport."""
    formats = ["application/json", "text/xml"]
    return {
        "changeset": "2025-06-01T00:00:00Z",
        "contact": f"The council of area {area}.",
        "key_service": "No key is asked for until access control is set up; one that is sent is passed over.",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": url,
                "changeset": "2025-06-01T00:00:00Z",
                "type": "production",
                "formats": formats,
            }
        ],
    }


def moment(at: datetime) -> str:
    """A time as GeoReport writes it, UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def xml(root: str, item: str, content: Sequence[Entry] | Entry) -> bytes:
    """The same document as XML: a list of `item` below `root`, or one entry as `root` itself."""
    top = ET.Element(root)
    if isinstance(content, Mapping):
        _fill(top, content)
    else:
        for entry in content:
            _fill(ET.SubElement(top, item), entry)
    text: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return text


_ITEMS = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}


def _fill(element: ET.Element, entry: Mapping[str, object]) -> None:
    for name, value in entry.items():
        child = ET.SubElement(element, name)
        if isinstance(value, list):
            for one in value:
                item = ET.SubElement(child, _ITEMS[name])
                if isinstance(one, Mapping):
                    _fill(item, one)
                else:
                    item.text = str(one)
        elif value is not None:
            child.text = str(value).lower() if isinstance(value, bool) else _printable(str(value))


def _printable(text: str) -> str:
    """Without control characters, which XML has no way to write."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")
