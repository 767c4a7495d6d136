"""The Kubernetes manifests: they fit the official schemas, are hardened, and in step with the code."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from services.server import GRACE_S
from tests.deploy.deployed import (
    APP_PATHS,
    COVER_IMAGE,
    COVER_USER,
    DEPLOY,
    OPERATIONS_PORT,
    PROXY_IMAGE,
    PROXY_PATHS,
    PROXY_USER,
    SECRET_SETTINGS,
    assert_command_parses,
    assert_pinned,
    assert_settings_load,
    option,
)

yaml = pytest.importorskip("yaml")

FOLDER = DEPLOY / "kubernetes"
NAMESPACE = "dynamic-cover"
RELEASES = ("1.33", "1.37")
"""The oldest with sidecars as a stable part, and the newest whose schemas are at hand."""
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())


def documents() -> Iterator[dict[str, Any]]:
    """Every object, in the order of the kustomization."""
    for name in KUSTOMIZATION["resources"]:
        yield from yaml.safe_load_all((FOLDER / name).read_text())


OBJECTS = {(o["kind"], o["metadata"]["name"]): o for o in documents()}
WORKLOADS = [o for (kind, _), o in OBJECTS.items() if kind in ("Deployment", "StatefulSet")]
API = OBJECTS["Deployment", "cover-api"]
WORKER = OBJECTS["StatefulSet", "cover-worker"]


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    """What its pods are made of."""
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def containers(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """All of them, sidecars too."""
    return [*pod(workload).get("initContainers", []), *pod(workload)["containers"]]


CONTAINERS = [
    pytest.param(w, c, id=f"{w['metadata']['name']}-{c['name']}") for w in WORKLOADS for c in containers(w)
]
each_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=[w["metadata"]["name"] for w in WORKLOADS])


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("key", OBJECTS, ids="-".join)
def test_object_fits_the_official_schema(key: tuple[str, str], release: str) -> None:
    validator = pytest.importorskip("kubernetes_validate")
    validator.validate(OBJECTS[key], release, strict=True)


def test_the_schema_check_can_fail() -> None:
    validator = pytest.importorskip("kubernetes_validate")
    with pytest.raises(validator.ValidationError):
        validator.validate(API | {"spec": API["spec"] | {"replica": 2}}, RELEASES[-1], strict=True)


def test_every_file_is_listed_and_kustomize_takes_them() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")}
    assert files == {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    assert len(OBJECTS) == len(list(documents()))
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    # Renders on this machine: with no configuration there is no cluster it could ask.
    told = subprocess.run(
        [kubectl, "kustomize", str(FOLDER)],
        env={"PATH": os.environ["PATH"], "KUBECONFIG": os.devnull, "HOME": os.devnull},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    assert len(list(yaml.safe_load_all(told.stdout))) == len(OBJECTS)


def test_all_is_in_a_namespace_held_to_the_strictest_standard() -> None:
    labels = OBJECTS["Namespace", NAMESPACE]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert re.fullmatch(r"v1\.\d+", labels[f"pod-security.kubernetes.io/{mode}-version"])
    for (kind, _), thing in OBJECTS.items():
        assert kind == "Namespace" or thing["metadata"]["namespace"] == NAMESPACE


@pytest.mark.parametrize(("workload", "container"), CONTAINERS)
def test_container_keeps_the_restricted_standard_and_has_limits_and_probes(
    workload: dict[str, Any], container: dict[str, Any]
) -> None:
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert_pinned(container["image"])
    assert security["runAsUser"] == {COVER_IMAGE: COVER_USER, PROXY_IMAGE: PROXY_USER}[container["image"]]
    for kind in ("requests", "limits"):
        assert set(container["resources"][kind]) == {"cpu", "memory", "ephemeral-storage"}
    served = PROXY_PATHS if container["image"] == PROXY_IMAGE else APP_PATHS
    probes = [name for name in ("startupProbe", "readinessProbe", "livenessProbe") if name in container]
    assert {"startupProbe", "livenessProbe"} <= set(probes)
    ports = {p["name"]: p["containerPort"] for c in containers(workload) for p in c.get("ports", [])}
    for name in probes:
        asked = container[name]["httpGet"]
        assert asked["path"] in served
        assert ports.get(asked["port"], asked["port"]) == OPERATIONS_PORT
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts <= {volume["name"] for volume in pod(workload)["volumes"]}


@each_workload
def test_pods_have_no_token_no_root_and_no_strangers_variables(workload: dict[str, Any]) -> None:
    spec = pod(workload)
    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert spec["serviceAccountName"] == "cover"
    assert spec["automountServiceAccountToken"] is False
    assert OBJECTS["ServiceAccount", "cover"]["automountServiceAccountToken"] is False
    # A Service named cover-… would become COVER_…_PORT, and the settings refuse what they do not know.
    assert spec["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert {c["topologyKey"] for c in spec["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }


@each_workload
def test_a_restart_is_never_the_answer_to_kafka_or_redis_being_away(workload: dict[str, Any]) -> None:
    for container in containers(workload):
        assert container["livenessProbe"]["httpGet"]["path"] in {"/healthz", *PROXY_PATHS}
        startup = container["startupProbe"]
        if startup["httpGet"]["path"] == "/readyz":
            assert startup["periodSeconds"] * startup["failureThreshold"] >= 24 * 3600


def test_a_degraded_api_stays_reachable_and_a_worker_tells_the_truth() -> None:
    api, worker = pod(API)["containers"][0], pod(WORKER)["containers"][0]
    assert api["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert api["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert worker["readinessProbe"]["httpGet"]["path"] == "/readyz"


@each_workload
def test_workload_has_a_disruption_budget_and_network_policies(workload: dict[str, Any]) -> None:
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert workload["spec"]["replicas"] >= 2
    budgets = [
        o["spec"]
        for (kind, _), o in OBJECTS.items()
        if kind == "PodDisruptionBudget" and o["spec"]["selector"]["matchLabels"].items() <= labels.items()
    ]
    assert [b["maxUnavailable"] for b in budgets] == [1]
    assert budgets[0]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    chosen = {
        name
        for (kind, name), o in OBJECTS.items()
        if kind == "NetworkPolicy"
        and o["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()
    }
    both = {"nothing", "cover-to-kafka-and-redis", "monitoring-to-operations"}
    assert chosen == (both | {"ingress-to-api"} if workload is API else both)


def test_network_is_closed_but_for_what_is_named() -> None:
    policies = {name: o["spec"] for (kind, name), o in OBJECTS.items() if kind == "NetworkPolicy"}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for spec in policies.values():
        for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
            assert rule["ports"]
            peers = rule.get("from") or rule.get("to")
            assert peers
            assert all(peer["namespaceSelector"]["matchLabels"] for peer in peers)
    opened = {
        port["port"]
        for spec in policies.values()
        for rule in spec.get("ingress", [])
        for port in rule["ports"]
    }
    proxy = pod(API)["initContainers"][0]
    assert opened == {p["containerPort"] for p in proxy["ports"]}
    assert OBJECTS["Service", "cover-api"]["spec"]["ports"][0]["targetPort"] in opened - {OPERATIONS_PORT}


def environment(container: dict[str, Any]) -> dict[str, str]:
    """What the container's program finds, with a stand-in for each secret."""
    found: dict[str, str] = dict(OBJECTS["ConfigMap", "cover-settings"]["data"])
    for item in container["env"]:
        if "value" in item:
            found[item["name"]] = item["value"]
        elif "secretKeyRef" in item["valueFrom"]:
            assert item["name"] in SECRET_SETTINGS
            found[item["name"]] = "redis://r:1/0" if item["name"] == "COVER_REDIS" else "a secret's stand-in"
        else:
            assert item["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    return found


@each_workload
def test_the_real_command_and_settings_take_what_they_are_given(
    workload: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    container = pod(workload)["containers"][0]
    words = [word.replace("$(POD_NAME)", f"{workload['metadata']['name']}-0") for word in container["args"]]
    assert_command_parses(words)
    settings = assert_settings_load(environment(container), monkeypatch)
    assert (settings.replication, settings.min_in_sync) == (3, 2)
    mounts = {m["mountPath"]: m.get("readOnly", False) for m in container["volumeMounts"]}
    assert mounts[option(words, "--region")] is True
    if workload is API:
        assert (option(words, "--port"), settings.host) == ("8080", "127.0.0.1")
        assert settings.public_origin is not None
        assert settings.public_origin.startswith("https://")
    else:
        assert (option(words, "--port"), settings.health_host) == (str(OPERATIONS_PORT), "0.0.0.0")
        assert option(words, "--name") == "cover-worker-0"


def test_secrets_are_only_referred_to() -> None:
    assert "Secret" not in {kind for kind, _ in OBJECTS}
    assert not SECRET_SETTINGS & set(OBJECTS["ConfigMap", "cover-settings"]["data"])
    made = set(re.findall(r"create secret generic (\S+)", (FOLDER / "settings.yaml").read_text()))
    assert made == {"cover-redis", "cover-operators", "cover-kafka", "cover-pseudonyms"}


def test_pods_have_time_to_stop_cleanly() -> None:
    api = pod(API)["containers"][0]
    assert (
        pod(API)["terminationGracePeriodSeconds"]
        > api["lifecycle"]["preStop"]["sleep"]["seconds"] + 2 * GRACE_S
    )
    assert "lifecycle" not in pod(WORKER)["containers"][0], "its areas would wait for it"
    assert pod(WORKER)["terminationGracePeriodSeconds"] > 2 * GRACE_S
    assert WORKER["spec"]["podManagementPolicy"] == "Parallel"
