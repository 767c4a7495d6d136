"""Liveness, readiness and metrics.

Part of the API; asked by whoever runs the service.
"""

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.api.context import ServiceNow, json_answer

router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=Response)
async def healthz() -> Response:
    """The process answers."""
    return json_answer({"status": "ok"})


@router.get("/readyz", response_class=Response)
async def readyz(service: ServiceNow) -> Response:
    """Every area has caught up with its log; 503 until then, and while one is degraded."""
    areas = {
        name: "catching up" if not area.state.ready else area.state.degraded or "ok"
        for name, area in service.areas.items()
    }
    ready = all(word == "ok" for word in areas.values())
    return json_answer({"status": "ok" if ready else "not ready", "areas": areas}, 200 if ready else 503)


@router.get("/metrics", response_class=Response)
async def metrics(service: ServiceNow) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
