"""The HTTP application: routes, guards, errors, the console's files.

Built by `services.server`. The service lives as long as the application (lifespan).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from services.api import (
    batch_routes,
    cluster_routes,
    council_routes,
    cover_routes,
    event_routes,
    export_routes,
    feedback_routes,
    health_routes,
    open311_routes,
    problems,
    region_routes,
    rounds_routes,
    schemas,
    stream_routes,
    what_if_routes,
)
from services.api.access import AccessGuard
from services.feedback_desk import FeedbackDesk
from services.service import Service

CONSOLE = Path(__file__).resolve().parent.parent / "console" / "dist"
API_PREFIX = "/api/v1"


def create_app(service: Service, console: Path = CONSOLE) -> FastAPI:
    """The application for `service`; starts and stops it with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()
            app.state.feedback.close()

    app = FastAPI(
        title="Dynamic Cover",
        version=version("dynamic-cover"),
        summary="Where a brigade's appliances should be next, live.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API_PREFIX}/openapi.json",
    )
    app.state.service = service
    app.state.region_answers = {}
    app.state.feedback = FeedbackDesk(service)
    app.add_middleware(AccessGuard, public_origin=service.settings.public_origin)
    problems.install(app)
    schemas.describe(app)
    area = APIRouter(prefix=f"{API_PREFIX}/areas/{{area}}")
    for routes in (
        event_routes,
        cluster_routes,
        feedback_routes,
        cover_routes,
        what_if_routes,
        region_routes,
        council_routes,
        rounds_routes,
        batch_routes,
        export_routes,
        stream_routes,
    ):
        area.include_router(routes.router)
    app.include_router(area)
    app.include_router(cover_routes.areas_router, prefix=API_PREFIX)
    app.include_router(open311_routes.router)
    app.include_router(health_routes.router)
    _serve_console(app, console)
    return app


def _serve_console(app: FastAPI, console: Path) -> None:
    if (console / "index.html").is_file():
        app.mount("/", StaticFiles(directory=console, html=True), name="console")
        return

    @app.get("/", include_in_schema=False)
    async def no_console() -> Response:
        return PlainTextResponse("The console is not built. Run `make console`, then start again.\n", 503)
