"""What a report says of a person stays at the door: not in log, checkpoints, answers or output."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from services.council.demand.report_fields import NEVER_KEPT
from tests.services.council.live_council import AREA, COUNCIL, DONE, OPEN311, home, live_council

REPORTS = 60
NEEDLES = (
    "Zephyrine",
    "Quillfeather",
    "zq.secret",
    "example.org",
    "07700900",
    "XK51",
    "dog-bites",
    "photo-of-door",
    "device-77",
    "acct-55",
    "ref-of-sender",
)


def person(number: int) -> dict[str, str]:
    """What GeoReport lets a person say of themselves, and more in the text; some leave some of it out."""
    told = {
        "first_name": "Zephyrine",
        "last_name": f"Quillfeather{number}",
        "email": f"zq.secret{number}@example.org",
        "phone": f"07700900{number:03d}",
        "device_id": f"device-77{number}",
        "account_id": f"acct-55{number}",
        "description": f"I am Zephyrine Quillfeather, XK51 ABC, ring 07700900{number:03d}, the dog-bites",
        "media_url": f"https://example.org/photo-of-door/{number}.jpg",
        "zipcode": "XK51 9ZZ",
    }
    assert set(told) == NEVER_KEPT
    names = sorted(told)
    return {name: told[name] for at, name in enumerate(names) if (number >> (at % 5)) % 3 != 1 or at > 6}


async def send_all(folder: Path, answers: list[str]) -> None:
    uprns = [home(stop, number) for stop in COUNCIL.rounds[0][:5] for number in range(4)]

    async with live_council(data=folder, log_level="debug") as client:
        for number in range(REPORTS):
            told: dict[str, Any] = {
                "service_code": "missed_collection" if number % 2 else "bulky_item",
                "address_id": uprns[number % len(uprns)],
                **person(number),
            }
            if number % 10 == 3:
                told["service_code"] = "dog-bites"  # refused: the answer says so, the output must not
            if number % 10 == 7:
                told |= {"address_id": "", "address_string": "The Quillfeather House"}
            if number % 3:
                answer = await client.http.post(f"{OPEN311}/requests.json", data=told)
            else:
                answer = await client.http.post(f"{OPEN311}/requests.json", json=told)
            if answer.status_code == 201:
                answers.append(answer.text)
        rows = [
            {"service_code": "contamination", "uprn": uprns[number % 20], "id": f"ref-of-sender {number}"}
            | person(number)
            for number in range(REPORTS)
        ]
        batch = await client.http.post(f"{AREA}/requests/batch", json=rows)
        assert batch.status_code == 202, batch.text
        bad = await client.http.post(
            f"{AREA}/requests/batch", json=[*rows, {"service_code": "x", **person(1)}]
        )
        assert bad.status_code == 422
        answers += [batch.text, bad.text, (await client.http.get(f"{OPEN311}/requests.json")).text]
        answers.append((await client.http.get("/metrics")).text)
        made = (await client.report()).json()[0]["service_request_id"]
        assert (await client.status(made))["address_id"] == home(DONE)


@pytest.mark.slow
def test_nothing_of_a_person_is_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[str] = []
    with caplog.at_level(logging.DEBUG):
        asyncio.run(send_all(tmp_path, answers))
    out, err = capfd.readouterr()
    kept = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(home(DONE).encode() in text for text in kept.values()), "the search finds nothing at all"
    assert any("checkpoints" in path for path in kept)
    places = {**kept, "stdout": out.encode(), "stderr": err.encode(), "log": caplog.text.encode()}
    places |= {f"answer {number}": text.encode() for number, text in enumerate(answers)}
    found = [
        (place, needle) for place, text in places.items() for needle in NEEDLES if needle.encode() in text
    ]
    assert found == []
    assert len(answers) > REPORTS / 2
