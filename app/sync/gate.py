"""Who writes a commit, and which of its changes are therefore held for a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain import admission, permissions
from app.domain.admission import Verdict
from app.domain.change import Change
from app.domain.kinds import kind_of
from app.domain.merge import Cells, Retired, is_known
from app.sync.admission import Desk
from app.sync.store import Author


@dataclass
class Gate:
    """What a commit's author may do in its stream.

    `amendments` are its changes to visits that are approved, `stale` its approvals of what the restored log never said.
    """

    author: Author
    member: permissions.Membership | None
    actor: str
    stream: int
    desk: Desk
    amendments: frozenset[str]
    stale: frozenset[str]
    _codes: dict[str, str | None] = field(default_factory=dict)

    def why_held(
        self, change: Change, entities: Mapping[tuple[int, str], Cells], retired: Retired
    ) -> str | None:
        """The code of a change that a person has to admit first; None for one that may be merged.

        What is approved is told to nobody who may not write there.
        """
        kind = kind_of(change.e)
        if kind not in self._codes:
            self._codes[kind] = self._code_of(kind)
        code = self._codes[kind]
        if code is not None:
            return code
        if kind == admission.KIND and self._is_barred(change):
            return "no_authority"
        if change.id not in self.amendments and change.id not in self.stale:
            return None
        if is_known(entities.get((self.stream, change.e), {}), retired, change):
            return None
        return "after_approval" if change.id in self.amendments else "stale_approval"

    def verdict(self, change: Change) -> Verdict | None:
        """What a change decides about another; None for one that decides nothing."""
        return admission.verdict_in(change, self.actor) if kind_of(change.e) == admission.KIND else None

    def _code_of(self, kind: str) -> str | None:
        decision = permissions.decide_write(self.author.role, self.author.status, self.member, kind)
        return decision.reason if isinstance(decision, permissions.Deny) else None

    def _is_barred(self, change: Change) -> bool:
        said = self.verdict(change)
        return said is not None and self.desk.is_barred(said, self.author, self.member, self.stream)
