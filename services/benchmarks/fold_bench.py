"""What an event costs a worker before any plan is found: decode, check, fold; in microseconds.

Run by hand: `python -m services.benchmarks.fold_bench PACK`. One seeded stream of events (`busy_day`) for
each number of remembered incidents; the draft is first warmed up until as many are forgotten as come in:

- decode: envelope and data in one go; `decode_two_steps`: one after the other, as the codec judges errors;
- check: `EventCheck.content`;
- fold: a `PictureDraft` in batches, frozen after each; `plain_fold`: one by one in the plainest form;
- all: decode, check, fold and freeze, as a worker does for each batch;
- delta: what consoles are told of a batch, in microseconds for each batch, not each event.

All figures are means over the whole stream of the process's own processor time, so that other work on the
machine counts for little. Python collects garbage as it always does. It never asserts a time.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from geo.region import Region
from geo.region_pack import load_region
from services.benchmarks.busy_day import busy_day, warm_up
from services.benchmarks.plain_fold import plain_fold
from services.event_check import EventCheck
from services.picture import Picture, PictureDraft, empty_picture
from services.picture_view import PictureViewer
from streams import codec
from streams.events import TYPES, Envelope, Event

BATCHES = (1, 16, 256)
PLAIN_EVENTS = 2_000
"""The plain fold is measured on so many: with thousands of incidents it takes a millisecond for each."""
CHUNK = 1_024
EXAMPLE = """example:
  python -m services.benchmarks.fold_bench var/london --events 50000 --out fold.json"""


class FoldBench:
    """One region, one number of remembered incidents."""

    def __init__(self, region: Region, events: int, remembered: int, seed: int) -> None:
        self._region, self._remembered = region, remembered
        self._viewer = PictureViewer(region)
        self._check = EventCheck(region)
        wires = busy_day(region, warm_up(remembered) + events, remembered, seed)
        draft = PictureDraft(empty_picture(region.id, self._viewer.homes))
        self._wires = wires[warm_up(remembered) :]
        for wire in wires[: warm_up(remembered)]:
            draft.take(codec.decode(wire))
        self._start = draft.picture()

    def run(self) -> dict[str, object]:
        """Measure everything once; microseconds."""
        picture = self._fold(256)[1]
        return {
            "events": len(self._wires),
            "bytes_per_event": round(sum(map(len, self._wires)) / len(self._wires)),
            "incidents_remembered": [len(self._start.incidents), len(picture.incidents)],
            "decode": self._per_event(codec.decode, self._wires),
            "decode_two_steps": self._per_event(_two_steps, self._wires),
            "check": self._checked(),
            "plain_fold": self._plain(),
            "fold": {str(size): self._fold(size)[0] for size in BATCHES},
            "all": {str(size): self._all(size) for size in BATCHES},
            "delta_per_batch": {str(size): self._delta(size) for size in BATCHES},
        }

    def _per_event(self, work: Callable[[bytes], object], wires: list[bytes]) -> float:
        started = time.process_time()
        for wire in wires:
            work(wire)
        return _us(time.process_time() - started, len(wires))

    def _chunks(self) -> Iterator[list[Event]]:
        """Decoded some at a time, so that few more of them are alive than a worker holds."""
        for at in range(0, len(self._wires), CHUNK):
            yield [codec.decode(wire) for wire in self._wires[at : at + CHUNK]]

    def _checked(self) -> float:
        spent = 0.0
        for events in self._chunks():
            started = time.process_time()
            for event in events:
                self._check.content(event, self._start.as_of)
            spent += time.process_time() - started
        return _us(spent, len(self._wires))

    def _plain(self) -> float:
        picture = self._start
        events = [codec.decode(wire) for wire in self._wires[:PLAIN_EVENTS]]
        started = time.process_time()
        for event in events:
            picture = plain_fold(picture, event)
        spent = time.process_time() - started
        return _us(spent, len(events))

    def _warm_draft(self) -> PictureDraft:
        """One as it is while the service runs, its index built."""
        draft = PictureDraft(self._start)
        draft.take(codec.decode(self._wires[0]))
        draft.picture()
        return draft

    def _fold(self, size: int) -> tuple[float, Picture]:
        draft, spent = self._warm_draft(), 0.0
        for events in self._chunks():
            started = time.process_time()
            for i, event in enumerate(events, 1):
                draft.take(event)
                if i % size == 0:
                    draft.picture()
            spent += time.process_time() - started
        return _us(spent, len(self._wires)), draft.picture()

    def _all(self, size: int) -> float:
        draft = self._warm_draft()
        started = time.process_time()
        for at in range(0, len(self._wires), size):
            for wire in self._wires[at : at + size]:
                event = codec.decode(wire)
                self._check.content(event, draft.as_of)
                draft.take(event)
            draft.picture()
        return _us(time.process_time() - started, len(self._wires))

    def _delta(self, size: int) -> float:
        draft, spent, batches = self._warm_draft(), 0.0, 0
        before = draft.picture()
        for events in self._chunks():
            for at in range(0, len(events), size):
                for event in events[at : at + size]:
                    draft.take(event)
                after = draft.picture()
                started = time.process_time()
                self._viewer.delta(before, after, 0, draft.touched_since(before))
                spent += time.process_time() - started
                before, batches = after, batches + 1
        return _us(spent, batches)


_envelope = msgspec.json.Decoder(Envelope)
_data = {name: msgspec.json.Decoder(data) for name, data in TYPES.items()}


def _two_steps(wire: bytes) -> object:
    wire.decode("utf-8")
    envelope = _envelope.decode(wire)
    data = _data[envelope.type].decode(bytes(envelope.data))
    return Event(envelope.id, envelope.source, envelope.type, envelope.time, envelope.area, data)


def _us(seconds: float, count: int) -> float:
    return round(seconds / count * 1e6, 2)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        description="Measure what decoding, checking and folding an event costs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("pack", type=Path, help="folder of a region pack")
    made.add_argument("--events", type=int, default=50_000, help="events measured [50000]")
    made.add_argument(
        "--remembered", type=int, nargs="+", default=[500, 10_000], help="incidents remembered [500 10000]"
    )
    made.add_argument("--seed", type=int, default=1, help="seed of the events [1]")
    made.add_argument("--out", type=Path, help="JSON file to write; without it, none")
    return made


def main() -> int:
    """Measure, print, write."""
    args = parser().parse_args()
    if args.events < PLAIN_EVENTS or min(args.remembered) < 1:
        parser().error(f"--events must be at least {PLAIN_EVENTS}, --remembered at least 1")
    region = load_region(args.pack)
    rows: dict[str, dict[str, object]] = {}
    for remembered in args.remembered:
        rows[str(remembered)] = row = FoldBench(region, args.events, remembered, args.seed).run()
        sys.stdout.write(f"{remembered} incidents remembered; microseconds per event\n")
        sys.stdout.writelines(f"  {name:24} {value}\n" for name, value in row.items())
    if args.out is not None:
        result = {
            "method": __doc__,
            "command": f"--events {args.events} --seed {args.seed}",
            "environment": {
                "python": platform.python_version(),
                "packages": {name: version(name) for name in ("msgspec", "numpy", "shapely")},
                "machine": platform.machine(),
                "cpus": os.cpu_count(),
                "load_1min": round(os.getloadavg()[0], 2),
            },
            "region": region.id,
            "appliances": len(region.appliances.ids),
            "microseconds_by_incidents_remembered": rows,
        }
        args.out.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
