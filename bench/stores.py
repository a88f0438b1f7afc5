"""Empty stores to measure on: durable, thrown away afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgres import running_postgres

STORES = ("sqlite", "postgresql")


@contextmanager
def empty_stores(store: str, count: int) -> Iterator[tuple[Path, list[str]]]:
    """A data folder and the addresses of so many empty stores: SQLite files in it, or databases of one PostgreSQL."""
    with TemporaryDirectory(prefix="insats-bench-") as name:
        folder = Path(name)
        if store == "sqlite":
            yield folder, [f"sqlite:///{folder / str(n)}.db" for n in range(count)]
            return
        with running_postgres(durable=True) as server:
            yield folder, [server.url(server.create_database()) for _ in range(count)]
