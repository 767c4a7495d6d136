"""A real Kafka and a real Redis for tests: started when first asked for, in a folder of this run's own.

Used through the fixtures `kafka_and_redis` (shared by all who leave the servers alone) and `own_servers` (for
tests that kill them), see `tests/conftest.py`.
"""

import os
import secrets

import pytest

from deploy.server_process import ServerError
from deploy.services import Services
from streams.kafka_settings import KafkaSettings


def up(services: Services) -> Services:
    """Start them; where they cannot be, skip (with CI=true: fail)."""
    try:
        services.up()
    except ServerError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no real Kafka and Redis here: {error}")
    return services


def fresh_kafka(services: Services, **changes: object) -> KafkaSettings:
    """Settings with topics of their own."""
    prefix = f"test-{secrets.token_hex(4)}"
    return KafkaSettings((services.kafka_address,), prefix, **changes)  # type: ignore[arg-type]
