"""What a long run must have met: a fault that never comes, or a path that is never taken, proves nothing."""

from collections.abc import Iterable, Mapping

EXPECTED: dict[str, tuple[str, ...]] = {
    "fault": (
        "server before",
        "server after",
        "server full",
        "server full-commit",
        "server full-file",
        "server crash-file",
    ),
    "verdict": (
        "applied",
        "repeated",
        "duplicate",
        "held no_authority",
        "held after_approval",
        "held device_revoked",
        "held unknown_kind",
        "held unknown_field",
        "held unknown_code",
        "rejected schema",
        "rejected too_large",
        "rejected id_reused",
        "rejected wrong_stream",
    ),
    "problem": (
        "malformed",
        "unauthenticated",
        "actor-unknown",
        "not-found",
        "chain-gap",
        "reset",
        "bad-signature",
        "unavailable",
        "checksum-mismatch",
        "upload-offset",
    ),
    "decision": ("admitted", "denied"),
    "path": (
        "snapshot",
        "poke",
        "fork",
        "gap",
        "rewind",
        "reseal",
        "reset",
        "purge",
        "reload",
        "courier",
        "original dropped",
        "lawful restore",
        "silent rollback",
    ),
}


def missing(coverage: Mapping[str, int], kinds: Iterable[str]) -> list[str]:
    """What was never hit; `kinds` are the driver's own: what is done, what happens, what the way does."""
    wanted = [*kinds, *(f"{group}: {name}" for group, names in EXPECTED.items() for name in names)]
    return [name for name in wanted if not coverage.get(name)]


def table(coverage: Mapping[str, int]) -> str:
    """Everything that was hit, by group."""
    groups: dict[str, list[str]] = {}
    for name, count in sorted(coverage.items()):
        group, _, what = name.partition(": ")
        groups.setdefault(group, []).append(f"{what} {count}")
    return "\n".join(f"{group}: {', '.join(told)}" for group, told in groups.items())
