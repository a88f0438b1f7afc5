"""Failures are counted in a sliding window and in bounded memory."""

from app.auth.limiter import FailureLimiter

NOW = 1_000_000


def test_the_last_failure_within_the_limit_closes_the_door() -> None:
    limiter = FailureLimiter(limit=3, window_ms=10_000)
    for _ in range(3):
        assert limiter.wait_s("a", NOW) == 0
        limiter.note("a", NOW)
    assert limiter.wait_s("a", NOW) == 10
    assert limiter.wait_s("b", NOW) == 0


def test_it_opens_when_the_oldest_failure_leaves_the_window() -> None:
    limiter = FailureLimiter(limit=2, window_ms=10_000)
    limiter.note("a", NOW)
    limiter.note("a", NOW + 4_000)
    assert limiter.wait_s("a", NOW + 9_999) == 1
    assert limiter.wait_s("a", NOW + 10_000) == 0
    limiter.note("a", NOW + 10_000)
    assert limiter.wait_s("a", NOW + 10_000) == 4


def test_memory_is_bounded_and_the_least_recent_goes_first() -> None:
    limiter = FailureLimiter(limit=1, window_ms=10_000, capacity=2)
    for key in "aba":
        limiter.note(key, NOW)
    limiter.note("c", NOW)
    assert [limiter.wait_s(key, NOW) > 0 for key in "abc"] == [True, False, True]
