"""The code lists and checklist templates of this release, read once from the data files and checked then.

A list is named as on the wire: `items("authorities")` is what the entity `codelist_authorities` of the `ref`
stream holds. Every lookup is a dictionary access, since each change that arrives is judged against them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

import yaml

from app.domain import code_rules
from app.domain.code_rules import CodesError

Item: TypeAlias = dict[str, Any]

CODES = "codes.yaml"
CHECKLISTS = "checklists.yaml"

PUBLISHED = (
    "authorities",
    "premises_types",
    "units",
    "seizure_categories",
    "press_categories",
    "offences",
    "outcomes",
    "legal_regimes",
    "roles",
    "status_operation",
    "status_visit",
    "status_checklist",
    "status_seizure_item",
    "status_crime_report",
    "status_decision",
    "status_site_activity",
    "status_target",
    "disclosure_grounds",
    "statutes",
)
"""The lists that every tablet gets, beside the answer sets."""

# The C parser is five times as fast; a PyYAML built without it still works.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Unit:
    """A unit of count: quantities are stored as integers of `base`; `factor` of them make one of the unit."""

    id: str
    base: str
    factor: int


@dataclass(frozen=True)
class Question:
    """A question of a template. `options` are the ids that may be answered; empty where it is no code."""

    id: str
    type: str
    options: frozenset[str] = frozenset()
    required: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Template:
    """One version of a checklist; `ref` is how a checklist entity names it."""

    id: str
    version: int
    authorities: tuple[str, ...]
    premises: tuple[str, ...]
    share: str
    questions: tuple[Question, ...]
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def ref(self) -> str:
        """`ALK@1`."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True)
class Release:
    """Everything the data files say, checked and indexed."""

    lists: Mapping[str, tuple[Item, ...]]
    ids: Mapping[str, frozenset[str]]
    answer_sets: Mapping[str, list[Item]]
    templates: tuple[Template, ...]
    questions: Mapping[str, Question]
    units: Mapping[str, Unit]
    press: Mapping[str, str]


def ids(name: str) -> frozenset[str]:
    """The codes of a list; of `answer_sets`, the names of the sets. Raises KeyError for an unknown list."""
    return load().ids[name]


def items(name: str) -> tuple[Item, ...]:
    """The items of a list in the order of the file."""
    return load().lists[name]


def questions() -> Mapping[str, Question]:
    """Every question of every version of every template, by id."""
    return load().questions


def templates() -> tuple[Template, ...]:
    """Every version of every template."""
    return load().templates


def press_of(offence: str) -> str:
    """The category in which public figures count an offence. Raises KeyError for an unknown offence."""
    return load().press[offence]


def unit(code: str) -> Unit:
    """A unit by its code. Raises KeyError for an unknown one."""
    return load().units[code]


def ref_entities() -> dict[str, dict[str, Any]]:
    """What the `ref` stream holds: entity id -> field -> value, JSON without floats."""
    release = load()
    lists = {f"codelist_{name}": {"items": list(release.lists[name])} for name in PUBLISHED}
    sets = {"codelist_answer_sets": {"items": dict(release.answer_sets)}}
    return lists | sets | {f"template_{t.ref}": _template_cells(t) for t in release.templates}


def _template_cells(template: Template) -> dict[str, Any]:
    cells = {name: template.raw[name] for name in ("sv", "en", "authorities", "premises", "questions")}
    note = template.raw.get("note")
    # The note is one text cell: both languages, one paragraph each.
    return cells | {"share": template.share} | ({"note": f"{note['sv']}\n{note['en']}"} if note else {})


@cache
def load() -> Release:
    """The release's own data files. Raises CodesError naming file, id and fault."""
    data = resources.files("app.domain").joinpath("data")
    return build(data.joinpath(CODES).read_bytes(), data.joinpath(CHECKLISTS).read_bytes())


def build(codes_yaml: bytes, checklists_yaml: bytes) -> Release:
    """Read and check the two files. Raises CodesError with every fault found in them."""
    codes, checklists = _parse(CODES, codes_yaml), _parse(CHECKLISTS, checklists_yaml)
    faults = code_rules.faults(CODES, codes, CHECKLISTS, checklists)
    if faults:
        raise CodesError(faults)
    lists = _lists(codes)
    known = {name: frozenset(item["id"] for item in found) for name, found in lists.items()}
    sets = checklists["answer_sets"]
    found = tuple(_template(raw, known, sets) for raw in checklists["checklists"])
    return Release(
        lists=lists,
        ids=known | {"answer_sets": frozenset(sets)},
        answer_sets=sets,
        templates=found,
        questions=_by_id(found),
        units={u["id"]: Unit(u["id"], u["base"], u["factor"]) for u in lists["units"]},
        press={o["id"]: o["press"] for o in lists["offences"]},
    )


def _parse(file: str, content: bytes) -> dict[str, Any]:
    try:
        tree = _LOADER(content).get_single_data()
    except yaml.YAMLError as error:
        raise CodesError([f"{file}: not YAML: {error}"]) from error
    if not isinstance(tree, dict):
        raise CodesError([f"{file}: must hold a mapping at the top"])
    return {name: _dates_as_text(value) for name, value in tree.items()}


def _dates_as_text(value: Any) -> Any:
    """YAML reads 2018-07-01 as a date; on the wire it is text."""
    if isinstance(value, dict):
        return {k: _dates_as_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def _lists(codes: Mapping[str, Any]) -> dict[str, tuple[Item, ...]]:
    plain = {name: tuple(value) for name, value in codes.items() if isinstance(value, list)}
    return plain | {f"status_{name}": tuple(value) for name, value in codes["statuses"].items()}


def _template(raw: Item, known: Mapping[str, frozenset[str]], sets: Mapping[str, list[Item]]) -> Template:
    return Template(
        id=raw["id"],
        version=raw["version"],
        authorities=tuple(raw["authorities"]),
        premises=tuple(raw["premises"]),
        share=raw.get("share", "EGEN"),
        questions=tuple(_question(q, known, sets) for q in raw["questions"]),
        raw=raw,
    )


def _question(raw: Item, known: Mapping[str, frozenset[str]], sets: Mapping[str, list[Item]]) -> Question:
    listed = raw.get("options") or sets.get(raw["t"], [])
    options = known[raw["options_ref"]] if "options_ref" in raw else frozenset(o["id"] for o in listed)
    return Question(raw["id"], raw["t"], options, raw.get("req", False), raw)


def _by_id(found: Iterable[Template]) -> dict[str, Question]:
    """Questions of all versions; options add up over versions, since answers to an earlier one stay valid."""
    merged: dict[str, Question] = {}
    for question in (q for t in sorted(found, key=lambda t: t.version) for q in t.questions):
        earlier = merged.get(question.id)
        options = question.options | earlier.options if earlier else question.options
        merged[question.id] = Question(question.id, question.type, options, question.required, question.raw)
    return merged
