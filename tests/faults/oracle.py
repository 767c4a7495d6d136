"""The undisturbed run: the same events through one embedded service that nobody hurts.

Asked by `tests.faults.scene` what the picture should be. A process of its own, started once for each cluster.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from streams.codec import encode_batch
from tests.faults.cluster import Pack, region_options
from tests.faults.event_stream import Made
from tests.faults.feeder import MEDIA_TYPE
from tests.services.process import CoverProcess, free_port

Json = dict[str, Any]
BATCH = 500
FOLDED_WITHIN_S = 30.0


class Undisturbed:
    """One embedded service, fed without haste and in order."""

    def __init__(self, packs: Mapping[str, Pack], output: Path) -> None:
        port = free_port()
        arguments = ["serve", *region_options(packs), "--port", str(port)]
        self.process = CoverProcess(arguments, port, output)

    def feed(self, area: str, events: Sequence[Made]) -> Json:
        """Feed the events; the picture once all of them are in it."""
        base = f"{self.process.url}/api/v1/areas/{area}"
        with httpx.Client(timeout=20, trust_env=False) as http:
            last = -1
            for at in range(0, len(events), BATCH):
                body = encode_batch([made.wire for made in events[at : at + BATCH]])
                answer = http.post(f"{base}/events", content=body, headers={"content-type": MEDIA_TYPE})
                assert answer.status_code == 202, answer.text
                assert answer.json()["accepted"] == len(events[at : at + BATCH]), answer.text
                last = answer.json()["last_offset"]
            give_up = time.monotonic() + FOLDED_WITHIN_S
            while time.monotonic() < give_up:
                picture: Json = http.get(f"{base}/picture").json()
                if picture["offset"] >= last:
                    assert http.get(f"{base}/dead-letters").json()["dead_letters"] == []
                    return picture
                time.sleep(0.05)
        raise AssertionError(f"{area}: the undisturbed run did not fold {last} in {FOLDED_WITHIN_S:g} s")
