"""What a planted bug is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A bug as somebody might write it: in `file`, `new` in place of `old`. `kills` are the invariants and `scene` the
    directed scenario expected to notice; all others follow, and `budget` seeds."""

    name: str
    file: str
    old: str
    new: str
    why: str
    kills: str
    scene: str = ""
    budget: int = 40
