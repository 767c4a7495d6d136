"""Liveness, readiness and metrics, of an API replica or of a worker.

Part of both applications; asked by whoever runs the service.
"""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.api.context import json_answer
from services.metrics import Metrics

router = APIRouter(tags=["health"])


class Health(Protocol):
    """A process as those see it who run it."""

    metrics: Metrics

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether it does its work, and the state of each area in a word."""
        ...


async def health(request: Request) -> Health:
    """The process this application belongs to."""
    found: Health = request.app.state.service
    return found


HealthNow = Annotated[Health, Depends(health)]


@router.get("/healthz", response_class=Response)
async def healthz() -> Response:
    """The process answers."""
    return json_answer({"status": "ok"})


@router.get("/readyz", response_class=Response)
async def readyz(health: HealthNow) -> Response:
    """Whether the process does its work: 503 while it cannot; each area in a word."""
    ready, told = health.readiness()
    return json_answer(told, 200 if ready else 503)


@router.get("/metrics", response_class=Response)
async def metrics(health: HealthNow) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(health.metrics.registry), media_type=CONTENT_TYPE_LATEST)
