"""What the screen said was saved, and whether it is there, once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Found = dict[str, Any]
"""What `person.look()` in user.js says of the tablet."""
HANDS = 3
"""What one person does at once; as much may be under way when something is killed."""


@dataclass
class Ledger:
    """The latest of each thing that was shown as saved, and how many that were in all."""

    counts: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    photo: int = 0
    noted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    rescued: int = 0
    """What was recorded by the replay after a reload: the store's own counter of recordings does not count these."""

    def take(self, notes: Iterable[Found]) -> None:
        """Write down what a page noted before it was killed."""
        for note in notes:
            if "refused" in note:
                self.refused[note["refused"]] += 1
                continue
            self.noted += 1
            if "count" in note:
                self.counts[note["count"]] = max(self.counts.get(note["count"], 0), note["qty"])
            elif "answer" in note:
                self.answers[note["answer"]] = max(self.answers.get(note["answer"], 0), note["serial"])
            else:
                self.photo = max(self.photo, note["photo"])

    def faults(self, found: Found, rescues: int = 0) -> list[str]:
        """What is lost, doubled or broken. Up to `rescues` recordings may have come by replay since the last look."""
        return [*self._lost(found), *_doubled(found), *self._miscounted(found, rescues)]

    def settle(self, found: Found) -> None:
        """From now on everything that was found must stay: it has been on the screen."""
        self.counts.update(found["counts"])
        self.answers.update({f: max(serials) for f, serials in found["answers"].items() if serials})
        self.photo = max([self.photo, *found["photos"]])
        self.rescued = recorded(found) - found["saves"]

    def _lost(self, found: Found) -> list[str]:
        counts = [
            f"lost: {code} was {n}, is {found['counts'][code]}"
            for code, n in self.counts.items()
            if found["counts"][code] < n
        ]
        answers = [
            f"lost: {cell} was {n}, is {found['answers'][cell]}"
            for cell, n in self.answers.items()
            if max(found["answers"][cell], default=0) < n
        ]
        photos = sorted(set(range(1, self.photo + 1)) - set(found["photos"]))
        broken = [f"lost: bytes of photo {n}" for n in found["broken"]]
        return [*counts, *answers, *[f"lost: photo {n}" for n in photos], *broken]

    def _miscounted(self, found: Found, rescues: int) -> list[str]:
        """Every recording adds one to the store's own counter in the same transaction: the sum must be right to the one."""
        beside = recorded(found) - found["saves"]
        if self.rescued <= beside <= self.rescued + rescues:
            return []
        return [f"doubled or lost: {found['saves']} recordings, {beside} more on the screen"]


def recorded(found: Found) -> int:
    """How many recordings the screen shows: taps, answers (numbered through) and photos."""
    answers = max((n for serials in found["answers"].values() for n in serials), default=0)
    return sum(found["counts"].values()) + answers + len(found["photos"])


def _doubled(found: Found) -> list[str]:
    answers = [f"doubled: {cell} has {n}" for cell, n in found["answers"].items() if len(n) > 1]
    photos = [f"doubled: photo {n}" for n, times in Counter(found["photos"]).items() if times > 1]
    wrong = found["photosCounted"] != len(found["photos"])
    counted = [f"doubled: {found['photosCounted']} counted of {len(found['photos'])} photos"] if wrong else []
    return [*answers, *photos, *counted]
