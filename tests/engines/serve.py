"""`insats serve` with another build of the front end than the checkout's, which a test names in FRONT.

While there is a file CLOSED in the data folder, the interface is closed and the front end is served all the same: so a tablet
can take a new version and keep its unsent work.
"""

import os
import sys
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app import main
from app.cli import main as command
from app.settings import Settings

FRONT = "INSATS_TEST_FRONT"
CLOSED = "closed"
_factory = main.factory


def factory() -> ASGIApp:
    """The application, whose interface can be closed."""
    app, mark = _factory(), Settings().data / CLOSED

    async def closable(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/") and mark.exists():
            await PlainTextResponse("closed", 503)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return closable


if __name__ == "__main__":
    main.STATIC = Path(os.environ[FRONT]).resolve()
    main.factory = factory  # type: ignore[assignment]
    sys.exit(command(["serve"]))
