"""The topics and messages as an AsyncAPI 3.0 document, built from the code that reads and writes them.

`python -m streams.asyncapi` prints it; `docs/asyncapi.yaml` holds it, and a test compares the two. Describes
only: nothing is read back from the document.
"""

import json
import re
import sys
from typing import Any

import msgspec

from streams.checkpoints import CHECKPOINT_SUFFIX
from streams.dead_letters import SUFFIX, DeadLetter
from streams.events import OWN_DATA, TYPE_OF, TYPE_PREFIX, TYPES, Envelope
from streams.kafka_settings import APPENDED_HEADER, TOPICS, KafkaSettings

Json = dict[str, Any]

OWN_TYPES = {TYPE_OF[data] for data in OWN_DATA}
"""Only the service itself writes these."""
SETTINGS = KafkaSettings(("localhost:9092",))
"""The defaults; an installation may use other servers, prefix and replication."""
PLAIN_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$-]*")
YAML_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def document() -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Dynamic Cover: events of an area",
            "version": "1.0.0",
            "description": "What travels through Kafka. An area (a brigade, a council) has topics of its "
            "own, with one partition each: the order of its events is the order of that partition. Every "
            "record has the area as its key. Written by python -m streams.asyncapi.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": SETTINGS.servers[0],
                "protocol": "kafka",
                "description": "The cluster's brokers.",
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def as_yaml(node: object, indent: int = 0) -> str:
    """`node` as YAML, written so that the same document always gives the same text."""
    pad = "  " * indent
    if isinstance(node, dict) and node:
        return "".join(f"{pad}{_scalar(key)}:{_below(value, indent)}" for key, value in node.items())
    if isinstance(node, list) and node:
        return "".join(f"{pad}-{_below(value, indent)}" for value in node)
    return f"{pad}{_scalar(node)}\n"


def _below(value: object, indent: int) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + as_yaml(value, indent + 1)
    return f" {_scalar(value)}\n"


def _scalar(value: object) -> str:
    if isinstance(value, str) and PLAIN_WORD.fullmatch(value) and value.lower() not in YAML_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML


def _channels() -> Json:
    areas = {"area": {"description": "The area's id: 1 to 40 of a-z, 0-9 and -."}}
    what = {
        "events": "All that happened in an area, in order: the truth that everything else is folded from. "
        "Old events go only once a checkpoint no longer needs them.",
        SUFFIX[1:]: "Records of the area's events that could not be taken, with bytes, position and reason.",
        CHECKPOINT_SUFFIX[1:]: "Where the area's fold stood; the newest counts.",
    }
    messages = {
        "events": [*(_short(name) for name in TYPES)],
        SUFFIX[1:]: ["dead_letter"],
        CHECKPOINT_SUFFIX[1:]: ["checkpoint"],
    }
    channels = {}
    for kind in TOPICS:
        channels[kind] = {
            "address": f"{SETTINGS.prefix}.{{area}}.{kind}",
            "description": what[kind],
            "parameters": areas,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages[kind]},
            "bindings": {"kafka": _topic(kind)},
        }
    return channels


def _topic(kind: str) -> Json:
    """The Kafka binding; numbers are numbers there, and the clean-up policy is a list."""
    settings = SETTINGS.topic_settings("area" if kind == "events" else f"area.{kind}")
    known: Json = {}
    for name, value in settings.items():
        known[name] = int(value) if re.fullmatch(r"-?\d+", value) else value
    known["cleanup.policy"] = [known["cleanup.policy"]]
    known["unclean.leader.election.enable"] = known["unclean.leader.election.enable"] == "true"
    return {
        "partitions": 1,
        "replicas": SETTINGS.replication,
        "topicConfiguration": known,
        "bindingVersion": "0.5.0",
    }


def _operations() -> Json:
    def operation(action: str, kind: str, names: list[str], summary: str) -> Json:
        return {
            "action": action,
            "channel": {"$ref": f"#/channels/{kind}"},
            "summary": summary,
            "messages": [{"$ref": f"#/channels/{kind}/messages/{name}"} for name in names],
        }

    every = [_short(name) for name in TYPES]
    return {
        "foldEvents": operation("receive", "events", every, "Area workers fold events into the picture."),
        "sendEvents": operation("send", "events", every, "The API appends events, workers append plans."),
        "sendDeadLetters": operation("send", SUFFIX[1:], ["dead_letter"], "Workers set bad records aside."),
        "keepCheckpoints": operation(
            "send", CHECKPOINT_SUFFIX[1:], ["checkpoint"], "Workers keep where their fold stands."
        ),
        "loadCheckpoints": operation(
            "receive", CHECKPOINT_SUFFIX[1:], ["checkpoint"], "A worker begins where another one stood."
        ),
    }


def _messages() -> Json:
    of_record: Json = {
        "headers": {
            "type": "object",
            "properties": {
                APPENDED_HEADER: {
                    "description": "When the record was given to the log: nanoseconds since the epoch, 8 "
                    "bytes, big-endian. Records of other systems may lack it.",
                    "type": "string",
                    "format": "binary",
                }
            },
        },
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "The area."}, "bindingVersion": "0.5.0"}
        },
    }
    messages: Json = {}
    for name, data in TYPES.items():
        writer = (
            "Written by the service itself." if name in OWN_TYPES else "Written by anybody with the right."
        )
        messages[_short(name)] = {
            "name": name,
            "summary": f"{_first_line(data)} {writer}",
            "contentType": "application/cloudevents+json",
            **of_record,
            "payload": {
                "allOf": [
                    {"$ref": "#/components/schemas/Envelope"},
                    {
                        "properties": {
                            "type": {"const": name},
                            "data": {"$ref": f"#/components/schemas/{data.__name__}"},
                        }
                    },
                ]
            },
        }
    messages["dead_letter"] = {
        "name": "dead_letter",
        "summary": _first_line(DeadLetter),
        **of_record,
        "payload": {"$ref": "#/components/schemas/DeadLetter"},
    }
    messages["checkpoint"] = {
        "name": "checkpoint",
        "summary": "Bytes: a version (1), the generation of the group of workers that wrote it (8, "
        "big-endian), then what only a worker reads.",
        "contentType": "application/octet-stream",
        **of_record,
        "payload": {"type": "string", "format": "binary"},
    }
    return messages


def _schemas() -> Json:
    _, schemas = msgspec.json.schema_components(
        [Envelope, DeadLetter, *TYPES.values()], ref_template="#/components/schemas/{name}"
    )
    tidied: Json = _tidied(schemas)
    return tidied


def _tidied(node: Any) -> Any:
    """Descriptions on one line; `\\Z` (Python's end of the text) as `$`, which JSON Schema knows."""
    if isinstance(node, dict):
        return {key: _tidied(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_tidied(value) for value in node]
    if isinstance(node, str):
        return " ".join(node.split()).replace("\\Z", "$")
    return node


def _short(event_type: str) -> str:
    return event_type.removeprefix(TYPE_PREFIX).removesuffix(".v1").replace(".", "_")


def _first_line(shape: type) -> str:
    return (shape.__doc__ or "").strip().partition("\n")[0]


if __name__ == "__main__":
    sys.stdout.write(as_yaml(document()))
