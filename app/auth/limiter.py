"""Slowing down whoever guesses."""

from collections import OrderedDict, deque
from typing import Final

CAPACITY: Final = 4_096


class FailureLimiter:
    """Counts failures by key within a sliding window, in this process and in bounded memory.

    The key that was used least recently is forgotten first. It protects the server's time, not the codes:
    140 bits need no help.
    """

    def __init__(self, limit: int, window_ms: int, capacity: int = CAPACITY) -> None:
        self._limit, self._window, self._capacity = limit, window_ms, capacity
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_s(self, key: str, now: int) -> int:
        """Whole seconds until `key` may try again; 0 is now."""
        times = self._failures.get(key)
        if times is None or len(times) < self._limit:
            return 0
        left = times[0] + self._window - now
        return max(0, -(-left // 1000))

    def note(self, key: str, now: int) -> None:
        """Count one failure."""
        times = self._failures.setdefault(key, deque(maxlen=self._limit))
        times.append(now)
        self._failures.move_to_end(key)
        if len(self._failures) > self._capacity:
            self._failures.popitem(last=False)
