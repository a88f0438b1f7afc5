"""What must hold in the code lists and checklist templates; a fault is a sentence naming file, id, fault."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = Mapping[str, Any]

QUESTION_TYPES = frozenset(
    {"yn", "yna", "grade", "one", "many", "num", "money", "text", "date", "time", "photo", "doc"}
)
ANSWER_SETS = ("yn", "yna", "grade")
LISTS = (
    "authorities",
    "statutes",
    "sharing_classes",
    "disclosure_grounds",
    "legal_regimes",
    "roles",
    "premises_types",
    "units",
    "seizure_categories",
    "press_categories",
    "offences",
    "outcomes",
    "kpis",
)
STATUSES = (
    "operation",
    "target",
    "visit",
    "checklist",
    "finding",
    "seizure_item",
    "crime_report",
    "decision",
    "site_activity",
)
_ANYONE = frozenset({"ANY", "ANY_AUTHORITY"})
_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LAW_TOKEN = re.compile(r"(?:OSL/)?([A-ZÅÄÖ]{1,6}\d{0,4})\b")


class CodesError(ValueError):
    """The data files break a rule; the message lists every fault, one a line."""

    def __init__(self, faults: Iterable[str]) -> None:
        super().__init__("\n".join(faults))


def faults(codes_file: str, codes: Tree, checklists_file: str, checklists: Tree) -> list[str]:
    """Every fault of both files; empty if they may be used."""
    missing = list(_missing(codes_file, codes, checklists_file, checklists))
    if missing:
        return missing
    torn = [*_torn(codes_file, codes), *_torn(checklists_file, checklists)]
    if torn:
        return torn
    rules = Rules(codes, checklists)
    return [f"{codes_file}: {fault}" for fault in rules.codes()] + [
        f"{checklists_file}: {fault}" for fault in rules.checklists()
    ]


def _missing(codes_file: str, codes: Tree, checklists_file: str, checklists: Tree) -> Iterator[str]:
    statuses, answers = _mapping(codes, "statuses"), _mapping(checklists, "answer_sets")
    for name in LISTS:
        if not _is_list_of_items(codes.get(name)):
            yield f"{codes_file}: {name}: must be a list of items with an id"
    for name in STATUSES:
        if not _is_list_of_items(statuses.get(name)):
            yield f"{codes_file}: statuses.{name}: must be a list of items with an id"
    for name in ANSWER_SETS:
        if not _is_list_of_items(answers.get(name)):
            yield f"{checklists_file}: answer_sets.{name}: must be a list of items with an id"
    if not _is_list_of_items(checklists.get("checklists")):
        yield f"{checklists_file}: checklists: must be a list of items with an id"


_MAY_BE_EMPTY = frozenset({"assist", "entry", "law", "bra"})


def _torn(where: str, node: object) -> Iterator[str]:
    """Text that YAML cut at a comma, because nobody quoted it: the rest became keys without a value."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if value is None and key not in _MAY_BE_EMPTY:
                yield f"{where}: {node.get('id', '?')}: {key!r} has no value; quote the text that it was cut from"
            yield from _torn(where, value)
    elif isinstance(node, list):
        for item in node:
            yield from _torn(where, item)


def _mapping(tree: Tree, name: str) -> Tree:
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def _is_list_of_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and "id" in x for x in value)


class Rules:
    """The rules with the codes they refer to; each method yields the faults of one part of the files."""

    def __init__(self, codes: Tree, checklists: Tree) -> None:
        self._codes = codes
        self._checklists = checklists["checklists"]
        self._sets = checklists["answer_sets"]
        self._known = {name: frozenset(x["id"] for x in codes[name]) for name in LISTS}
        self._statuses = {name: frozenset(x["id"] for x in codes["statuses"][name]) for name in STATUSES}
        self._results = self._known["offences"] | self._known["outcomes"]
        self._sources = self._known["statutes"] | set(codes.get("meta", {}).get("other_sources", []))
        self._templates = frozenset(x["id"] for x in self._checklists)

    def codes(self) -> Iterator[str]:
        """Faults of the code lists."""
        for name in LISTS:
            yield from self._labelled(name, self._codes[name])
        for name in STATUSES:
            yield from self._labelled(f"statuses.{name}", self._codes["statuses"][name])
        yield from self._references()
        yield from self._units()
        for item in self._codes["offences"] + self._codes["outcomes"]:
            yield from self._law(item.get("law"), item["id"])

    def checklists(self) -> Iterator[str]:
        """Faults of the templates."""
        for name, answers in self._sets.items():
            yield from self._labelled(f"answer_sets.{name}", answers)
        yield from _repeated("checklists", [f"{x['id']}@{x.get('version')}" for x in self._checklists])
        owners: dict[str, str] = {}
        for template in self._checklists:
            yield from self._template(template, owners)

    def _labelled(self, where: str, items: list[dict[str, Any]]) -> Iterator[str]:
        yield from _repeated(where, [str(x["id"]) for x in items])
        for item in items:
            yield from _faults_of_item(f"{where}: {item['id']}", item)

    def _references(self) -> Iterator[str]:
        known = self._known
        authorities = known["authorities"] | _ANYONE
        for item in self._codes["premises_types"]:
            yield from _unknown(item, "checklists", self._templates)
        for item in self._codes["seizure_categories"]:
            yield from _unknown(item, "unit", known["units"])
            yield from _unknown(item, "alt", known["units"])
        for item in self._codes["offences"]:
            yield from _unknown(item, "press", known["press_categories"])
        for item in self._codes["outcomes"]:
            yield from _unknown(item, "by", authorities)
            if item["id"] in known["offences"]:
                yield f"{item['id']}: is both an offence and an outcome"
        for item in self._codes["disclosure_grounds"]:
            yield from _unknown(item, "from", authorities)
            yield from _unknown(item, "to", authorities)
            if type(item.get("weighing", False)) is not bool:
                yield f"{item['id']}: weighing must be true or false"
        for item in self._codes["kpis"]:
            yield from _unknown(item, "share", known["sharing_classes"])

    def _units(self) -> Iterator[str]:
        bases = {u["id"] for u in self._codes["units"] if u.get("base") == u["id"] and u.get("factor") == 1}
        for unit in self._codes["units"]:
            if unit.get("base") not in bases:
                yield f"{unit['id']}: base {unit.get('base')!r} is no unit with itself as base and factor 1"
            if type(unit.get("factor")) is not int or unit["factor"] < 1:
                yield f"{unit['id']}: factor must be a positive integer"

    def _template(self, template: dict[str, Any], owners: dict[str, str]) -> Iterator[str]:
        name = template["id"]
        yield from _faults_of_item(name, template)
        if type(template.get("version")) is not int or template["version"] < 1:
            yield f"{name}: version must be a positive integer"
        yield from _unknown(template, "authorities", self._known["authorities"])
        yield from _unknown(template, "premises", self._known["premises_types"] | {"ANY"})
        if template.get("share", "EGEN") not in self._known["sharing_classes"]:
            yield f"{name}: unknown share {template['share']!r}"
        questions: Any = template.get("questions")
        if not _is_list_of_items(questions):
            yield f"{name}: questions must be a list of items with an id"
            return
        yield from _repeated(name, [str(q["id"]) for q in questions])
        for question in questions:
            if owners.setdefault(question["id"], name) != name:
                yield f"{question['id']}: asked in {owners[question['id']]} and in {name}"
            yield from self._question(question)

    def _question(self, question: dict[str, Any]) -> Iterator[str]:
        name = question["id"]
        yield from _faults_of_item(name, question)
        if question.get("t") not in QUESTION_TYPES:
            yield f"{name}: unknown type {question.get('t')!r}"
        yield from self._options(question)
        if question.get("ok") not in (None, "JA", "NEJ"):
            yield f"{name}: ok must be JA or NEJ, not {question['ok']!r}"
        yield from _unknown(question, "fail", self._results, optional=True)
        yield from _unknown(question, "sh", self._known["sharing_classes"], optional=True)
        yield from self._law(question.get("law"), name)
        yield from self._law(question.get("old"), name)

    def _options(self, question: dict[str, Any]) -> Iterator[str]:
        name, ref, options = question["id"], question.get("options_ref"), question.get("options")
        if question.get("t") in ("one", "many") and ref is None and not _is_list_of_items(options):
            yield f"{name}: needs options or options_ref"
        if ref is not None and ref not in self._known and ref.removeprefix("status_") not in self._statuses:
            yield f"{name}: unknown options_ref {ref!r}"
        if _is_list_of_items(options):
            yield from self._labelled(name, options or [])

    def _law(self, text: Any, where: str) -> Iterator[str]:
        if text is None or str(text).startswith("see "):
            return
        if not isinstance(text, str):
            yield f"{where}: law must be text, not {text!r}"
            return
        for part in re.split(r"[;,]\s*", text):
            found = _LAW_TOKEN.match(part.strip())
            if found and found[1] not in self._sources and not found[1].isdigit():
                yield f"{where}: unknown law {found[1]!r} in {text!r}"


def _faults_of_item(where: str, item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(item["id"], str) or not _CODE.fullmatch(item["id"]):
        yield f"{where}: id must be letters, digits and underscores, not {item['id']!r}"
    yield from _untranslated(where, item)
    if "note" in item:
        yield from _untranslated(f"{where}: note", item["note"])
    yield from _not_json(where, item)
    for name in ("valid_from", "valid_to"):
        if name in item and not _DATE.fullmatch(str(item[name])):
            yield f"{where}: {name} must be a date, not {item[name]!r}"


def _untranslated(where: str, item: Any) -> Iterator[str]:
    for language in ("sv", "en"):
        label = item.get(language) if isinstance(item, dict) else None
        if not isinstance(label, str) or not label:
            yield f"{where}: {language} is missing or no text: {label!r}"


def _not_json(where: str, value: Any) -> Iterator[str]:
    """A code list travels as the value of a cell, which knows no floats."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _not_json(f"{where}.{name}", inner) if name != "questions" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from _not_json(where, inner)
    elif not isinstance(value, str | int | bool | None):
        yield f"{where}: {value!r} is no text, integer or truth value"


def _repeated(where: str, found: list[str]) -> Iterator[str]:
    for name, times in Counter(found).items():
        if times > 1:
            yield f"{where}: {name} stands {times} times"


def _unknown(
    item: dict[str, Any], name: str, known: frozenset[str], *, optional: bool = False
) -> Iterator[str]:
    """Faults of a reference: `item[name]` is a code or a list of codes."""
    if name not in item:
        if not optional:
            yield f"{item['id']}: {name} is missing"
        return
    value = item[name]
    for code in value if isinstance(value, list) else [value]:
        if code not in known:
            yield f"{item['id']}: unknown {name} {code!r}"
