"""Of 1,000 posts and reports full of personal data nothing is kept or told, wherever one looks.

Fed to the service as its users start it: one process with a data folder, then API and worker on a real Kafka
and a real Redis. The same search finds what is kept, so it can find something.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaConsumer
from kafka.structs import TopicPartition
from redis import Redis

from deploy.services import Services
from streams import codec
from streams.events import AppliancePosition
from tests.services.personal_data import Needles, Person
from tests.services.process import CoverProcess, free_port
from tests.services.small_town import Town, clock, crews_at_work, wire

HOUR = 9.0
PEOPLE = 1_000
REPORT_EVERY = 10
"""Every tenth of the people reports over Open311; the others post."""
REPORTERS_AT_ONCE = 8
POSTS_AT_ONCE = 100
TAKEN_WITHIN_S = 60.0
READ_WITHIN_S = 30.0
DEBUG = {"COVER_LOG_LEVEL": "debug", "COVER_CHECKPOINT_S": "0.5", "COVER_CERTIFY_S": "0"}
"""Everything is said that can be said; better rounds are not looked for."""
Json = dict[str, Any]
Places = dict[str, bytes]

pytestmark = pytest.mark.slow


class Sent:
    """What was sent, what came back, and what the service may keep of it."""

    def __init__(self, town: Town) -> None:
        streets = town.council.gazetteer()
        names = [n for n in dict.fromkeys(town.council.streets.names) if len(streets.streets_named(n)) == 1]
        self.people = [Person(number, names[number % len(names)]) for number in range(PEOPLE)]
        homes = town.council.properties.uprn
        self.uprns = [str(homes[n * 7 % len(homes)]) for n in range(0, PEOPLE, REPORT_EVERY)]
        self.answers: list[str] = []
        self.signals: dict[str, int] = {}
        self.personal = Needles(datum for one in self.people for datum in one.data())
        self.kept = Needles(self.uprns)

    def send(self, url: str, town: Town) -> None:
        """Send everything; each door is also given what it refuses."""
        at = clock(HOUR).isoformat()
        council, brigade = (f"{url}/api/v1/areas/{area.id}" for area in (town.council, town.region))
        posts = [one.post(at) for one in self.people if one.number % REPORT_EVERY]
        reporters = [one for one in self.people if not one.number % REPORT_EVERY]
        with httpx.Client(timeout=60) as http:
            for begin in range(0, len(posts), POSTS_AT_ONCE):
                some = posts[begin : begin + POSTS_AT_ONCE]
                door = brigade if begin == 0 else council
                self._feedback(http.post(f"{door}/feedback", json={"posts": some}), 202)
                spoilt = [*some, some[0] | {"created_at": some[0]["text"], "uprn": some[0]["text"]}]
                self._feedback(http.post(f"{door}/feedback", json={"posts": spoilt}), 422)

            def report(one: Person, uprn: str) -> str:
                form = one.report(uprn)
                answer = http.post(f"{url}/open311/v2/requests.json", data=form)
                assert answer.status_code == 201, answer.text
                if one.number % 3 == 0:
                    unknown = form | {"service_code": one.email, "address_string": one.home}
                    refused = http.post(f"{url}/open311/v2/requests.xml", params=form, json=unknown)
                    assert refused.status_code in (400, 404)
                return answer.text

            with ThreadPoolExecutor(REPORTERS_AT_ONCE) as pool:
                self.answers += pool.map(report, reporters, self.uprns)

    def _feedback(self, answer: httpx.Response, status: int) -> None:
        assert answer.status_code == status, answer.text
        self.answers.append(answer.text)
        for category, count in answer.json().get("by_category", {}).items():
            self.signals[category] = self.signals.get(category, 0) + count


def begin(url: str, town: Town) -> None:
    """Nine in the morning for both, crews at work."""
    region = town.region
    position = AppliancePosition(region.appliances.ids[0], *region.stations.en[0].tolist())
    both = {
        town.council.id: crews_at_work(town.council, HOUR),
        region.id: [wire(region.id, position, clock(HOUR), "t1")],
    }
    for area, events in both.items():
        path = f"{url}/api/v1/areas/{area}/events"
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        answer = httpx.post(path, content=codec.encode_batch(events), headers=headers, timeout=60)
        assert answer.status_code == 202, answer.text
    shown_once(url, town, lambda day, picture: bool(day["as_of"]) and bool(picture["as_of"]))


def shown_once(url: str, town: Town, holds: Callable[[Json, Json], bool]) -> None:
    """Wait until the day and the picture are so."""
    give_up = time.monotonic() + TAKEN_WITHIN_S
    while time.monotonic() < give_up:
        day = httpx.get(f"{url}/api/v1/areas/{town.council.id}/day", timeout=30).json()["day"]
        picture = httpx.get(f"{url}/api/v1/areas/{town.region.id}/picture", timeout=30).json()
        if holds(day, picture):
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {TAKEN_WITHIN_S} s")


def correct_one(url: str, town: Town) -> None:
    """A manager says what a cluster really is: a label is learnt from it."""
    area = f"{url}/api/v1/areas/{town.council.id}"
    cluster = httpx.get(f"{area}/day", timeout=30).json()["day"]["clusters"][0]
    word = {"action": "dismiss", "category": "other_service", "operator": "Manager 1"}
    path = f"{area}/clusters/{cluster['cluster']}/decisions"
    answer = httpx.post(path, json=word, timeout=30)
    assert answer.status_code == 201, answer.text


def told(url: str, town: Town) -> Places:
    """What the API says to whoever asks."""
    areas = [f"{url}/api/v1/areas/{area}" for area in (town.council.id, town.region.id)]
    paths = [f"{areas[0]}/day", f"{areas[1]}/picture", f"{areas[1]}/cover", f"{url}/metrics"]
    paths += [f"{area}/dead-letters" for area in areas]
    paths += [f"{url}/open311/v2/requests.json", f"{url}/open311/v2/requests.xml"]
    paths += [f"{areas[0]}/exports/rounds.csv", f"{areas[0]}/exports/rounds.geojson"]
    places = {}
    for path in paths:
        answer = httpx.get(path, timeout=60)
        assert answer.status_code == 200, (path, answer.text)
        places[path] = answer.content
    return places | {f"{area}/stream": snapshot(f"{area}/stream") for area in areas}


def snapshot(path: str) -> bytes:
    """The first event of a live stream."""
    with httpx.stream("GET", path, timeout=30) as stream:
        lines: list[str] = []
        for line in stream.iter_lines():
            if not line and any(one.startswith("data: ") for one in lines):
                break
            lines.append(line)
    assert "event: snapshot" in lines
    return "\n".join(lines).encode()


def check(sent: Sent, places: Places, must_hold: Sequence[str]) -> None:
    """No datum of anybody anywhere; what is kept is found in every place whose name begins so."""
    kept = sent.kept.in_places(places)
    for begins in must_hold:
        some = [hits for place, hits in kept.items() if place.startswith(begins)]
        assert some and max(map(len, some)) > len(sent.uprns) / 2, f"the search finds nothing in {begins}"
    planted = sent.people[-1].phone.upper().encode()
    assert sent.personal.found(b"x" + planted) == [sent.people[-1].phone]
    assert sent.personal.in_places(places) == {}
    posts = PEOPLE - len(sent.uprns)
    assert sum(sent.signals.values()) > posts / 2 and len(sent.signals) >= 4, sent.signals


def test_nothing_of_a_thousand_people_is_in_log_checkpoints_answers_or_output(
    town: Town, tmp_path: Path
) -> None:
    port, data, output = free_port(), tmp_path / "data", tmp_path / "serve.log"
    arguments = ["serve", *town.arguments, "--data", str(data), "--port", str(port)]
    service = CoverProcess(arguments, port, output, DEBUG)
    sent = Sent(town)
    try:
        service.start()
        begin(service.url, town)
        sent.send(service.url, town)
        shown_once(
            service.url, town, lambda day, picture: bool(day["clusters"]) and bool(picture["clusters"])
        )
        correct_one(service.url, town)
        places = told(service.url, town)
        assert service.stop() == 0
    finally:
        service.kill()
    places |= {f"disk {p.relative_to(data)}": p.read_bytes() for p in data.rglob("*") if p.is_file()}
    places |= {f"answer {n}": text.encode() for n, text in enumerate(sent.answers)}
    places["output"] = output.read_bytes()
    assert places["disk corrections.jsonl"]
    assert b"Dynamic Cover is ready" in places["output"]
    check(sent, places, ["disk log/", "disk checkpoints/", service.url])


@pytest.mark.services
def test_nothing_of_a_thousand_people_is_in_kafka_redis_answers_or_output(
    town: Town, kafka_and_redis: Services, tmp_path: Path
) -> None:
    prefix = f"people-{secrets.token_hex(4)}"
    environment = DEBUG | {
        "COVER_KAFKA": kafka_and_redis.kafka_address,
        "COVER_REDIS": kafka_and_redis.redis_url,
        "COVER_TOPIC_PREFIX": prefix,
        "COVER_PSEUDONYM_KEY": secrets.token_hex(16),
    }
    processes = []
    for name, words in (("worker", ["worker", "--name", "one"]), ("api", ["api"])):
        port = free_port()
        arguments = [*words, *town.arguments, "--port", str(port)]
        processes.append(CoverProcess(arguments, port, tmp_path / f"{name}.log", environment))
    url = processes[-1].url
    sent = Sent(town)
    try:
        for process in processes:
            process.launch()
        for process in processes:
            process.await_ready()
        begin(url, town)
        sent.send(url, town)
        shown_once(url, town, lambda day, picture: bool(day["clusters"]) and bool(picture["clusters"]))
        correct_one(url, town)
        places = told(url, town) | {process.url: metrics(process.url) for process in processes}
        assert [process.stop() for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    places |= dict(kafka_records(kafka_and_redis.kafka_address, prefix))
    places |= dict(redis_values(kafka_and_redis.redis_url))
    places |= {f"answer {n}": text.encode() for n, text in enumerate(sent.answers)}
    places |= {f"output {process.url}": process.output.read_bytes() for process in processes}
    topics = [f"kafka {prefix}.{town.council.id}.{kind} " for kind in ("events", "checkpoints")]
    check(sent, places, [*topics, "redis ", url])


def metrics(url: str) -> bytes:
    return httpx.get(f"{url}/metrics", timeout=30).content


def kafka_records(server: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Every record of every topic of the prefix: key, value, headers."""
    consumer = KafkaConsumer(
        bootstrap_servers=[server],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )
    with closing(consumer):
        topics = sorted(topic for topic in consumer.topics() if topic.startswith(prefix))
        assert topics
        for topic in topics:
            partition = TopicPartition(topic, 0)
            assert consumer.partitions_for_topic(topic) == {0}
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            end = consumer.end_offsets([partition])[partition]
            give_up = time.monotonic() + READ_WITHIN_S
            parts = [topic.encode()]
            while consumer.position(partition) < end:
                assert time.monotonic() < give_up, f"{topic} was not read in {READ_WITHIN_S:g} s"
                for record in consumer.poll(timeout_ms=500).get(partition, []):
                    headers = [part for name, value in record.headers for part in (name.encode(), value)]
                    parts += [part for part in (record.key, record.value, *headers) if part]
            yield f"kafka {topic} ", b"\n".join(parts)


def redis_values(url: str) -> Iterator[tuple[str, bytes]]:
    """Every key of every kind, with all it holds."""
    with closing(Redis.from_url(url)) as untyped:
        redis: Any = untyped  # its answers are of any kind, as told by each key
        for key in redis.scan_iter():
            kind = redis.type(key).decode()
            parts: list[bytes]
            if kind == "string":
                parts = [redis.get(key)]
            elif kind == "hash":
                parts = [part for pair in redis.hgetall(key).items() for part in pair]
            elif kind == "stream":
                entries = redis.xrange(key)
                parts = [part for _, fields in entries for pair in fields.items() for part in pair]
            else:
                raise AssertionError(f"{key!r} is a {kind}, which is not looked into")
            yield f"redis {kind} {key.decode()}", b"\n".join([key, *parts])
