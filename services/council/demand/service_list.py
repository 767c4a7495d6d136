"""The services a council can be asked for: names, what each wants to know, what counts as one request.

Called by the Open311 routes, the batch reader and the request desk. Holds words and numbers only.
"""

from dataclasses import dataclass
from datetime import timedelta

from streams.council_events import ServiceCode

SOURCE = "/dynamic-cover/requests"
"""Source of the events the request desk makes: what they ask for has been judged."""
FULL_FILL = 0.8
"""From this on a bin counts as full: sensors are commonly set to call at 80 %."""


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service.

    Attributes
    ----------
    of_street
        One request a street, where reports of one street mean the same thing; otherwise one a property.
    merge_within
        Reports of the same place within this of the first one mean the same thing, while it is not done.
    asks
        Which of `MATERIAL`, `FILL`, `COLLECTION_DATE` it wants to know.
    """

    code: ServiceCode
    name: str
    description: str
    group: str
    keywords: str
    prefix: str
    merge_within: timedelta
    of_street: bool = False
    asks: tuple[str, ...] = ()


MATERIAL = "material"
FILL = "fill"
COLLECTION_DATE = "collection_date"
ATTRIBUTES = (MATERIAL, FILL, COLLECTION_DATE)

SERVICES: dict[ServiceCode, ServiceEntry] = {
    entry.code: entry
    for entry in (
        ServiceEntry(
            ServiceCode.MISSED_COLLECTION,
            "Missed collection",
            "A bin was out in time and was not emptied. Report it once the round has passed, within two "
            "working days.",
            "Waste and recycling",
            "bin, rubbish, recycling, missed",
            "MC",
            timedelta(days=4),
            asks=(MATERIAL, COLLECTION_DATE),
        ),
        ServiceEntry(
            ServiceCode.OVERFLOWING_BIN,
            "Full or overflowing bin",
            "A public or shared bin is full or overflows; also what a bin's sensor says.",
            "Waste and recycling",
            "bin, full, overflowing, sensor",
            "OB",
            timedelta(days=1),
            asks=(MATERIAL, FILL),
        ),
        ServiceEntry(
            ServiceCode.FLY_TIP,
            "Fly-tipping",
            "Waste was dumped on a street or on public land.",
            "Street cleansing",
            "fly-tip, dumped, waste",
            "FT",
            timedelta(days=7),
            of_street=True,
        ),
        ServiceEntry(
            ServiceCode.BULKY_ITEM,
            "Bulky item collection",
            "A large item, such as a sofa or a fridge, is to be collected from a property.",
            "Waste and recycling",
            "bulky, furniture, appliance",
            "BI",
            timedelta(days=14),
        ),
        ServiceEntry(
            ServiceCode.CONTAMINATION,
            "Contaminated bin",
            "A recycling bin holds what does not belong there.",
            "Waste and recycling",
            "contamination, recycling, wrong bin",
            "CO",
            timedelta(days=7),
            asks=(MATERIAL,),
        ),
        ServiceEntry(
            ServiceCode.ASSISTED_COLLECTION,
            "Assisted collection",
            "The crew is asked to fetch the bins from the property and to bring them back.",
            "Waste and recycling",
            "assisted, help, disability",
            "AC",
            timedelta(days=14),
        ),
        ServiceEntry(
            ServiceCode.BLOCKED_STREET,
            "Blocked street",
            "A street cannot be passed by a collection vehicle.",
            "Street cleansing",
            "blocked, parked, access",
            "BS",
            timedelta(days=1),
            of_street=True,
        ),
    )
}


class UnknownServiceError(ValueError):
    """A service code nobody knows; the text names those that are known."""


def service_of(code: str) -> ServiceEntry:
    """The service of a code.

    Raises
    ------
    UnknownServiceError
        Naming the codes there are.
    """
    try:
        return SERVICES[ServiceCode(code)]
    except ValueError:
        known = ", ".join(one.value for one in SERVICES)
        raise UnknownServiceError(f"unknown service_code {code[:40]!r}; known: {known}") from None
