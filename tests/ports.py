"""Ports for the servers that tests start."""

import random
import socket

LOWEST, HIGHEST = 20_000, 31_999
"""Below those that Linux takes for outgoing connections: one that `bind` picks may have become some client's before a server
listens there."""


def free_port() -> int:
    """A loopback port that nothing listens on."""
    picks = random.SystemRandom()
    while True:
        port = picks.randint(LOWEST, HIGHEST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
