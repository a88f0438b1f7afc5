"""A real server on a store, a proxy before it and real tablets behind that: what soak and replay are played in."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database, migrate
from tests.api.evening import furnish
from tests.e2e.backend import Backend
from tests.faults.proxy import Proxy
from tests.faults.tablets import Tablets
from tests.kills.cluster import cluster
from tests.kills.servers import environment


class _Installed(Backend):
    """A server whose modules are compiled once, as they are where it is installed."""

    def environment(self) -> dict[str, str]:
        """What every `insats` command of this server runs under."""
        return environment() | super().environment() | {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True)
class House:
    """All of it, running."""

    backend: Backend
    db: Database
    proxy: Proxy
    tablets: Tablets

    def enrol(self, name: str, user: str, **timeouts: int) -> None:
        """A tablet of this user, which has greeted the server once while the line was good."""
        code = self.db.write_now(partial(mint_code, user=user, now=now_ms(), ttl=600_000))
        self.tablets.enrol(name, self.backend.address, code, self.proxy.address, **timeouts)
        self.tablets.ask("round", name, reason="person")


@contextmanager
def house(store: str, folder: Path) -> Iterator[House]:
    """An empty store of a kind below `folder`."""
    with ExitStack() as stack:
        running = stack.enter_context(cluster()) if store == "postgresql" else None
        url = f"sqlite:///{folder / 'insats.db'}" if running is None else running.url("postgres")
        data = folder / "data"
        data.mkdir(parents=True)
        migrate(url)
        db = Database(url)
        stack.callback(db.close)
        furnish(db, data)
        backend = _Installed(data, url, "")
        stack.callback(backend.stop)
        backend.start()
        yield House(backend, db, stack.enter_context(Proxy(backend.port)), stack.enter_context(Tablets()))
