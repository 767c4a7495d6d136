"""Prometheus rules and the Grafana dashboard: queries parse, and name only what the service measures."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml  # type: ignore[import-untyped]

from services.metrics import STAGES, Metrics
from tests.shared_data import ROOT

RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())
RULE_LIST = [rule for group in RULES["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in RULE_LIST if "alert" in rule]
RECORDED = {rule["record"] for rule in RULE_LIST if "record" in rule}
DURATION = re.compile(r"\d+[smhd]")
FILLED_IN = {"$__rate_interval": "1m", "$area": ".*"}


def queries() -> Iterator[tuple[str, str]]:
    for rule in RULE_LIST:
        yield str(rule.get("alert") or rule["record"]), rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in FILLED_IN.items():
                query = query.replace(name, value)
            yield f"{panel['title']} {target['refId']}", query


def measured() -> dict[str, set[str]]:
    """Every series the service writes, with its labels."""
    metrics = Metrics()
    found = {}
    for instrument in vars(metrics).values():
        if instrument is metrics.registry:
            continue
        (family,) = instrument.describe()
        labels = set(instrument._labelnames)
        endings = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}
        for ending in endings[family.type]:
            found[family.name + ending] = labels | ({"le"} if ending == "_bucket" else set())
    return found


def selectors(node: Any) -> Iterator[promql_parser.VectorSelector]:
    """Every selector in a parsed query."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    if isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    for name in ("lhs", "rhs", "expr", "param"):
        child = getattr(node, name, None)
        if child is not None:
            yield from selectors(child)
    for child in getattr(node, "args", None) or ():
        yield from selectors(child)


@pytest.mark.parametrize(("name", "query"), list(queries()))
def test_a_query_parses_and_names_only_what_is_measured(name: str, query: str) -> None:
    found = list(selectors(promql_parser.parse(query)))
    assert found, name
    known = measured()
    for selector in found:
        if selector.name in RECORDED:
            continue
        assert selector.name in known
        for matcher in selector.matchers.matchers:
            assert matcher.name in known[selector.name]
            if matcher.name == "stage":
                assert matcher.value in STAGES


def test_the_check_can_fail() -> None:
    (selector,) = selectors(promql_parser.parse("sum(rate(cover_no_such_thing_total[5m]))"))
    assert selector.name not in measured()
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        promql_parser.parse("sum(rate(cover_events_total[5m])")


def test_every_alert_says_what_is_wrong_how_bad_and_what_to_do() -> None:
    assert len(ALERTS) >= 8
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert {"summary", "next"} <= rule["annotations"].keys()
        assert "$labels.area" in rule["annotations"]["summary"]
        assert DURATION.fullmatch(rule.get("for", "0s"))


def test_panels_lie_beside_each_other_and_have_ids_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 5
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_latency_has_a_panel() -> None:
    asked = " ".join(query for _, query in queries())
    assert all(f"{name}_bucket" in asked for name in ("cover_event_to_plan_seconds", "cover_stage_seconds"))
