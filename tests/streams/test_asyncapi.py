"""`docs/asyncapi.yaml` says what the code does."""

from collections.abc import Iterator
from typing import Any

from streams.asyncapi import as_yaml, document
from streams.events import TYPES
from streams.kafka_settings import KafkaSettings
from tests.shared_data import ROOT


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_file_is_what_the_code_gives() -> None:
    kept = (ROOT / "docs" / "asyncapi.yaml").read_text()
    renew = "renew it: .venv/bin/python -m streams.asyncapi > docs/asyncapi.yaml"
    assert kept == as_yaml(document()), renew


def test_every_reference_leads_somewhere() -> None:
    whole = document()
    found = set(references(whole))
    assert len(found) > 30
    for reference in found:
        node: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        assert node


def test_every_event_type_and_topic_setting_is_told() -> None:
    whole = document()
    told = {message["name"] for message in whole["components"]["messages"].values()}
    assert set(TYPES) <= told
    settings = KafkaSettings(("localhost:9092",))
    for kind, area in (("events", "x"), ("dead", "x.dead"), ("checkpoints", "x.checkpoints")):
        channel = whole["channels"][kind]
        assert channel["address"].replace("{area}", "x") == settings.topic(area)
        topic = channel["bindings"]["kafka"]["topicConfiguration"]
        for name, value in settings.topic_settings(area).items():
            told_value = topic[name]
            said = str(told_value[0] if isinstance(told_value, list) else told_value)
            assert said.lower() == value.lower()


def test_yaml_quotes_what_yaml_would_misread() -> None:
    text = as_yaml(
        {"no": "yes", "a b": [1, None, True, {}, []], "c": {"d": "1.0", "e": ["x", {"f": "g: h"}]}}
    )
    assert text == (
        '"no": "yes"\n'
        '"a b":\n  - 1\n  - null\n  - true\n  - {}\n  - []\n'
        'c:\n  d: "1.0"\n  e:\n    - x\n    -\n      f: "g: h"\n'
    )
