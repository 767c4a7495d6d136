"""The HTTP side of a worker process: alive, ready, metrics, and nothing else.

Built by `cover worker`. Holds no operational data, so whoever runs the machines may ask it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.api import health_routes, problems
from services.worker_process import WorkerProcess


def create_worker_app(worker: WorkerProcess) -> FastAPI:
    """The application of `worker`; starts and stops it with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await worker.start()
        try:
            yield
        finally:
            await worker.stop()

    app = FastAPI(
        title="Dynamic Cover worker", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.service = worker
    problems.install(app)
    app.include_router(health_routes.router)
    return app
