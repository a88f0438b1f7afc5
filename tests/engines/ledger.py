"""What the screen said was saved, and whether it is there, once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

Found = dict[str, Any]
"""What `person.look()` in user.js says of the tablet."""


@dataclass
class Ledger:
    """The latest of each thing that was shown as saved, and how many that were in all."""

    counts: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    photo: int = 0
    noted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

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

    def faults(self, found: Found) -> list[str]:
        """What is lost, doubled or broken."""
        return [*self._lost(found), *_doubled(found), *_miscounted(found)]

    def settle(self, found: Found) -> None:
        """From now on everything that was found must stay: it has been on the screen."""
        self.counts.update(found["counts"])
        self.answers.update({f: max(serials) for f, serials in found["answers"].items() if serials})
        self.photo = max([self.photo, *found["photos"]])

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


def _miscounted(found: Found) -> list[str]:
    """Every recording adds one to the store's own counter in the same transaction: the sum must be right to the one."""
    shown = recorded(found)
    return [] if shown == found["saves"] else [f"{found['saves']} recordings, {shown} on the screen"]


def recorded(found: Found) -> int:
    """How many recordings the screen shows: taps, answers (numbered through) and photos."""
    counts: dict[str, int] = found["counts"]
    answers: dict[str, list[int]] = found["answers"]
    return sum(counts.values()) + max([0, *chain(*answers.values())]) + len(found["photos"])


def _doubled(found: Found) -> list[str]:
    answers = [
        f"doubled: {cell} has {serials}" for cell, serials in found["answers"].items() if len(serials) > 1
    ]
    times: Counter[int] = Counter(found["photos"])
    photos = [f"doubled: photo {serial}" for serial in times if times[serial] > 1]
    wrong = found["photosCounted"] != len(found["photos"])
    counted = [f"doubled: {found['photosCounted']} counted of {len(found['photos'])} photos"] if wrong else []
    return [*answers, *photos, *counted]
