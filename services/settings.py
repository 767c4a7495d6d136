"""The service's settings: from the environment (`COVER_…`), then a TOML file, then these defaults.

Read once by the command line. Every value is validated; an error names the variable and what would be right.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from optimiser.cover.move_cost import MoveCostRule

_MOVE_COST = MoveCostRule()
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
CONFIG_VARIABLE = "COVER_CONFIG"
OTHER_VARIABLES = ("COVER_SHARED_DATA", "COVER_TEST_SEED")
"""Read by the tests, not by the service."""


class SettingsError(Exception):
    """Settings that cannot be used; the text is for the person who set them."""


class Settings(BaseSettings):
    """All settings; each may be given as `COVER_<NAME>` or as `<name>` in the TOML file.

    Attributes
    ----------
    host, port
        Where the service listens; port 0 takes any free one. Until access control is set up, it listens on
        loopback only.
    data
        Folder for the log and the checkpoints; None keeps everything in memory.
    log_sync
        Whether every append is forced to the disk before the sender is answered.
    log_area_bytes
        Past this an area's oldest records go, once checkpointed.
    checkpoint_s
        Seconds between checkpoints while events come in.
    max_body_bytes, max_batch
        Largest request body, and most events in one batch.
    max_consoles
        Most live streams for one area.
    max_moves
        Most moves in one plan.
    min_cover
        Least available first-kind appliances to leave at a station, by station id, e.g. `{"A21": 1}`.
    counted_only
        Appliances, by id, that count for cover but are never moved: a neighbouring brigade's, say.
    move_fixed_cost, move_gap_h
        What a move must repay, in units of the objective x hours, and for how many hours a gap is expected to
        last; see `optimiser.cover.move_cost`.
    certify_s
        Seconds a proof may take.
    certify_min_s
        A proof under way is not given up for a newer picture before this, where none has been finished for a
        second, so that a busy stream still sees proofs.
    reject_holds_min
        Minutes a rejected move is not proposed again, unless things change materially before.
    reject_ends_at_fewer
        So many fewer appliances available than at the rejection count as a material change.
    kafka, redis
        `host:port` of brokers, comma between; address of Redis, `redis://[user:password@]host:port/number`.
        `cover api` and `cover worker` need both; `cover serve` and `cover demo` keep all in one process.
    topic_prefix, replication, min_in_sync
        First part of the names of topics, of the group of workers and of the keys in Redis; copies of each
        record, and how many of them must have one before it counts: 3 and 2 survive the loss of a machine.
    kafka_security, kafka_ca_file, kafka_username, kafka_password
        How to speak to Kafka: with `SASL_…` by name and password (SCRAM-SHA-512), with `…SSL` encrypted,
        trusting the authorities in the file, or those of the machine.
    health_host
        Where a worker's `/healthz`, `/readyz` and `/metrics` listen; they hold no operational data.
    public_origin
        The one origin outside this machine whose pages may use the service, e.g. `https://cover.example`:
        that of the authenticating proxy in front of it.
    pseudonym_key
        Secret of the pseudonyms of who reports or posts, the same in all processes of an installation;
        without it each process makes a random one at its start.
    feedback_model
        Classifier of posts to use instead of the one that comes with the service (`cover feedback train`).
    """

    model_config = SettingsConfigDict(env_prefix="COVER_", extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    data: Path | None = None
    log_sync: bool = False
    log_area_bytes: Annotated[int, Field(ge=64 * 1024 * 1024)] = 1024 * 1024 * 1024
    checkpoint_s: Annotated[float, Field(gt=0, le=3600)] = 5.0
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1_048_576
    max_batch: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    max_consoles: Annotated[int, Field(ge=1, le=10_000)] = 200
    max_moves: Annotated[int, Field(ge=0, le=20)] = 6
    min_cover: dict[str, Annotated[int, Field(ge=0, le=100)]] = {}
    counted_only: list[Annotated[str, Field(min_length=1, max_length=64)]] = []
    move_fixed_cost: Annotated[float, Field(ge=0, le=100_000)] = _MOVE_COST.fixed
    move_gap_h: Annotated[float, Field(gt=0, le=24)] = _MOVE_COST.gap_h
    certify_s: Annotated[float, Field(ge=0, le=60)] = 2.0
    certify_min_s: Annotated[float, Field(ge=0, le=10)] = 0.05
    reject_holds_min: Annotated[float, Field(ge=0, le=24 * 60)] = 60.0
    reject_ends_at_fewer: Annotated[int, Field(ge=1, le=1000)] = 5
    kafka: Annotated[str, Field(min_length=3, max_length=1000)] | None = None
    redis: SecretStr | None = None
    topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")] = "dynamiccover"
    replication: Annotated[int, Field(ge=1, le=9)] = 1
    min_in_sync: Annotated[int, Field(ge=1, le=9)] = 1
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: Path | None = None
    kafka_username: Annotated[str, Field(max_length=256)] | None = None
    kafka_password: SecretStr | None = None
    health_host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    public_origin: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")] | None = None
    pseudonym_key: Annotated[SecretStr, Field(min_length=16, max_length=256)] | None = None
    feedback_model: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("host")
    @classmethod
    def _loopback_only(cls, host: str) -> str:
        if host not in LOOPBACK:
            raise ValueError(
                f"{host!r} would open the service to the network, and it has no access control yet; use "
                "127.0.0.1 and put an authenticating proxy on this machine in front of it"
            )
        return host

    def kafka_connection(self) -> dict[str, object]:
        """Connection settings in the words of the Kafka client."""
        connection: dict[str, object] = {"security_protocol": self.kafka_security}
        if self.kafka_ca_file is not None:
            connection["ssl_cafile"] = str(self.kafka_ca_file)
        if self.kafka_security.startswith("SASL"):
            if self.kafka_username is None or self.kafka_password is None:
                raise SettingsError(
                    f"COVER_KAFKA_SECURITY is {self.kafka_security}: set COVER_KAFKA_USERNAME and "
                    "COVER_KAFKA_PASSWORD too"
                )
            connection |= {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.kafka_username,
                "sasl_plain_password": self.kafka_password.get_secret_value(),
            }
        return connection

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line's words first, then the environment, then the file named by COVER_CONFIG."""
        config = os.environ.get(CONFIG_VARIABLE)
        if not config:
            return (init_settings, env_settings)
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(config)))


def load_settings(**given: object) -> Settings:
    """Settings from the given values, the environment and the file.

    Raises
    ------
    SettingsError
        Naming each bad setting and what would be right.
    """
    config = os.environ.get(CONFIG_VARIABLE)
    if config and not Path(config).is_file():
        raise SettingsError(f"{CONFIG_VARIABLE} names {config}, which is not a file")
    unknown = {name for name in os.environ if name.startswith("COVER_")} - {
        CONFIG_VARIABLE,
        *OTHER_VARIABLES,
        *(f"COVER_{name.upper()}" for name in Settings.model_fields),
    }
    if unknown:
        known = ", ".join(sorted(f"COVER_{name.upper()}" for name in Settings.model_fields))
        raise SettingsError(f"{min(unknown)}: no such setting; known: {CONFIG_VARIABLE}, {known}")
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{'COVER_' + str(e['loc'][0]).upper() if e['loc'] else 'settings'}: {e['msg']}"
            for e in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None
    except ValueError as error:
        raise SettingsError(f"{config or 'settings'}: {error}") from None
