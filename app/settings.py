"""Everything an operator can set, by environment variables that begin with `INSATS_`."""

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Count: TypeAlias = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """What one request, commit, change or photo may hold at most; `GET /hello` tells the tablets.

    Set one with a double underscore: `INSATS_LIMITS__PHOTO_BYTES=52428800`.
    """

    model_config = ConfigDict(frozen=True)

    commit_changes: Count = 500
    commit_bytes: Count = 1_048_576
    request_bytes: Count = 8_388_608
    page_bytes: Count = 1_048_576
    lag_entries: Count = 20_000
    change_bytes: Count = 65_536
    chunk_bytes: Count = 1_048_576
    photo_bytes: Count = 26_214_400


class Settings(BaseSettings):
    """An empty `database_url` is an SQLite file in `data`, an empty `public_url` the address we listen on, no `backups` the
    folder of that name in `data`."""

    model_config = SettingsConfigDict(env_prefix="INSATS_", env_nested_delimiter="__", frozen=True)

    data: Path = Path("data")
    backups: Path | None = None
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    public_url: str = ""
    production: bool = False
    """Whether `insats serve` refuses to start with an unsafe setting."""
    backup_every_s: Count = 900
    session_days: Count = 14
    code_minutes: Count = 15
    upload_days: Count = 7
    limits: Limits = Limits()

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, url: str) -> str:
        """PostgreSQL addresses as people write them, with the one driver this project has."""
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return url.rstrip("/")

    def store_url(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'insats.db'}"

    def backup_folder(self) -> Path:
        """Where backups go: best another disk than `data` is on."""
        return self.backups or self.data / "backups"

    def address(self) -> str:
        """Where people reach the server, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"
