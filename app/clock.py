"""The only clock of the server. Everything below the routers is handed `now` and never asks for it."""

import time


def now_ms() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000
