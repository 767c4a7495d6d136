"""A real Kafka broker: one KRaft node (broker and controller) on loopback, on the machine's own JDK.

Used by `deploy.services`. Its jars come through `deploy/kafka/pom.xml`, once, into a shared folder.
For one machine and for tests: replication factor 1, a small heap.
"""

import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from deploy.server_process import LOOPBACK, ServerError, ServerProcess, exchange

HERE = Path(__file__).resolve().parent
POM = HERE / "kafka" / "pom.xml"
LOGGING = HERE / "kafka" / "log4j2.properties"
JAVA_LEAST = 17
"""Kafka 4 brokers need Java 17."""
FETCH_WITHIN_S, FORMAT_WITHIN_S, READY_WITHIN_S, STOP_WITHIN_S = 600.0, 60.0, 60.0, 20.0
JVM = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # starts in half the time, and leaves the cores to what is measured
    "-Djava.awt.headless=true",
)
API_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000001 ffff".replace(" ", ""))
"""An ApiVersions request, version 0: length, key 18, version, correlation id, no client id."""


def fetch_jars(jars: Path) -> None:
    """Have the pinned broker and what it needs in `jars`; nothing where they are there already.

    Raises
    ------
    ServerError
        Where Maven is missing or cannot download.
    """
    stamp = jars / "pom.xml"
    if stamp.is_file() and stamp.read_bytes() == POM.read_bytes():
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise ServerError("Maven is needed once to fetch the Kafka broker (Debian: the package 'maven').")
    shutil.rmtree(jars, ignore_errors=True)
    jars.mkdir(parents=True)
    command = [maven, "-q", "-B", "-ntp", "-f", str(POM), "dependency:copy-dependencies"]
    try:
        told = subprocess.run(
            [*command, f"-DoutputDirectory={jars}", "-DincludeScope=runtime"],
            capture_output=True,
            text=True,
            timeout=FETCH_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        raise ServerError(f"fetching the Kafka broker took more than {FETCH_WITHIN_S:g} s") from None
    if told.returncode:
        raise ServerError(
            "the Kafka broker could not be fetched (a network to Maven Central, or the mirror that Maven's "
            f"settings name, is needed once). Maven says:\n{told.stdout[-1500:]}{told.stderr[-500:]}"
        )
    shutil.copyfile(POM, stamp)


def java() -> str:
    """The machine's Java.

    Raises
    ------
    ServerError
        Where there is none, or it is too old.
    """
    found = shutil.which("java")
    if found is None:
        raise ServerError(f"Java {JAVA_LEAST} or newer is needed (Debian: 'openjdk-17-jre-headless').")
    told = subprocess.run([found, "-version"], capture_output=True, text=True).stderr
    version = told.partition('"')[2].partition('"')[0]
    if not version.split(".")[0].isdecimal() or int(version.split(".")[0]) < JAVA_LEAST:
        raise ServerError(f"Java {JAVA_LEAST} or newer is needed; '{found}' is {version or 'unknown'}.")
    return found


def kafka_broker(folder: Path, jars: Path, port: int, controller_port: int) -> ServerProcess:
    """The broker whose data lie in `folder`, formatted at its first start."""
    properties = folder / "server.properties"

    def command() -> list[str]:
        fetch_jars(jars)
        machine = [java(), *JVM, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{jars}/*"]
        properties.write_text(_properties(folder / "data", port, controller_port))
        if not (folder / "data" / "meta.properties").is_file():
            _format(machine, properties)
        return [*machine, "kafka.Kafka", str(properties)]

    def answers() -> bool:
        # Length (4), correlation id (4), error code (2): a broker that serves answers 0.
        answer = exchange(port, API_VERSIONS)
        return answer[4:10] == b"\x00\x00\x00\x01\x00\x00"

    return ServerProcess("the Kafka broker", folder, command, answers, READY_WITHIN_S, STOP_WITHIN_S)


def _format(machine: list[str], properties: Path) -> None:
    cluster = "-"
    while cluster.startswith("-"):  # the tool would take it for an option
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
    command = [*machine, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=FORMAT_WITHIN_S)
    except subprocess.TimeoutExpired:
        raise ServerError(f"formatting the broker's folder took more than {FORMAT_WITHIN_S:g} s") from None
    if told.returncode:
        raise ServerError(f"the broker's folder could not be formatted:\n{told.stdout}{told.stderr}"[-2500:])


def _properties(data: Path, port: int, controller_port: int) -> str:
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 2,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # A killed broker may register again after this; its own default makes every kill cost nine seconds.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,  # of the heap; the default would take a quarter
        "num.network.threads": 2,
        "num.io.threads": 4,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
