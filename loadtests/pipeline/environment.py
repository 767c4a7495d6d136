"""Where it was measured: machine, versions, commit, and how busy the machine was before.

Used by the run.
"""

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("kafka-python", "crc32c", "redis", "httpx", "fastapi", "uvicorn", "msgspec", "numpy", "ortools")
QUIET_LOAD = 0.5
"""One-minute load average above which other work disturbs two cores."""

Result = dict[str, object]


def environment(kafka_jars: Path) -> Result:
    """All that a reader needs to judge the figures."""
    broker = [path.stem for path in sorted(kafka_jars.glob("kafka_2.13-*.jar"))]
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "libraries": {name: version(name) for name in LIBRARIES},
        "broker": broker[0] if broker else "unknown",
        "redis_server": _said(["redis-server", "--version"]).partition("v=")[2].partition(" ")[0],
        "java": _said(["java", "-version"]).partition("\n")[0],
        "commit": _said(["git", "rev-parse", "--short", "HEAD"]),
        "uncommitted_files": len(_said(["git", "status", "--porcelain"]).splitlines()),
        "load_before": load(),
    }


def load() -> list[float]:
    """Load averages of 1, 5 and 15 minutes."""
    return [round(x, 2) for x in os.getloadavg()]


def _cpu_model() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def _said(command: list[str]) -> str:
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except OSError:
        return "unknown"
    return (told.stdout or told.stderr).strip()
