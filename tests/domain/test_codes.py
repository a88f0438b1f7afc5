"""The code lists and templates of the release: what they hold, and that a fault in them is named."""

from importlib import resources

import pytest

from app.domain import codes, kinds
from app.domain.change import LIMIT_BYTES, Change, line_of
from app.domain.code_rules import CodesError


def _file(name: str) -> str:
    return resources.files("app.domain").joinpath("data", name).read_text("utf-8")


CODES, CHECKLISTS = _file(codes.CODES), _file(codes.CHECKLISTS)


def build(lists: str = CODES, checklists: str = CHECKLISTS) -> codes.Release:
    return codes.build(lists.encode(), checklists.encode())


def without(text: str, what: str, instead: str) -> str:
    assert what in text, f"the data file no longer holds {what!r}"
    return text.replace(what, instead, 1)


def test_the_release_holds_every_list_that_travels() -> None:
    sizes = {name: len(codes.ids(name)) for name in codes.PUBLISHED}
    assert sizes["authorities"] == 21
    assert sizes["offences"] == 39
    assert sizes["outcomes"] == 58
    assert sizes["seizure_categories"] == 34
    assert all(sizes.values())
    assert {len(codes.items(name)) - size for name, size in sizes.items()} == {0}


def test_there_are_eleven_templates_with_194_questions() -> None:
    assert len(codes.templates()) == 11
    assert len(codes.questions()) == 194
    assert {t.ref for t in codes.templates()} >= {"ANK@1", "ALK@1", "SPE@1"}


def test_a_list_that_is_not_ours_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        codes.ids("agencies")


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("BRA01", {"JA", "NEJ"}),
        ("ALK02", {"JA", "NEJ", "EA", "EK"}),
        ("LIV03", {"UA", "AVV", "ALLV", "EK"}),
        ("ALK01", {"ALLM", "SLUT", "FOLK", "SAKN"}),
        ("ANK11", {"A0", "A1", "A2", "A3"}),
        ("ANK05", set()),
    ],
)
def test_the_options_of_a_question_are_resolved(question: str, options: set[str]) -> None:
    assert codes.questions()[question].options == options


def test_units_say_what_they_are_kept_in() -> None:
    assert codes.unit("KG") == codes.Unit("KG", "MG", 1_000_000)
    assert codes.unit("L") == codes.Unit("L", "ML", 1_000)
    assert codes.unit("SEK") == codes.Unit("SEK", "ORE", 100)
    assert codes.unit("TABL") == codes.Unit("TABL", "TABL", 1)


def test_every_offence_is_counted_in_a_press_category() -> None:
    assert {codes.press_of(offence) for offence in codes.ids("offences")} == codes.ids("press_categories")
    assert codes.press_of("LOTT_BROTT") == "SPEL"


def test_what_the_ref_stream_holds_passes_its_own_schema() -> None:
    for entity, cells in codes.ref_entities().items():
        for field, value in cells.items():
            assert kinds.judge("ref", entity, field, value) is None, f"{entity}.{field}"
            change = Change("01900000-0000-7000-8000-000000000000", entity, field, value, 0)
            assert len(line_of(change).encode()) < LIMIT_BYTES, f"{entity}.{field}"


def test_dates_are_text_and_nothing_is_a_float() -> None:
    assert next(s for s in codes.items("statutes") if s["id"] == "ALK")["from"] == "2011-01-01"
    assert "codelist_answer_sets" in codes.ref_entities()
    assert _leaf_types(codes.ref_entities()) <= {str, int, bool, type(None)}


def _leaf_types(value: object) -> set[type]:
    if isinstance(value, dict):
        return set().union(*map(_leaf_types, value.values()))
    if isinstance(value, list):
        return set().union(*map(_leaf_types, value))
    return {type(value)}


def test_a_later_version_keeps_the_answers_of_the_earlier_one_valid() -> None:
    question = "- {id: X01, t: one, sv: Fråga, en: Question, options: [{id: %s, sv: s, en: e}]}"
    head = "- {id: X, version: %d, sv: X, en: X, authorities: [POL], premises: [ANY], questions: [%s]}\n"
    versions = "".join(
        head % (version, (question % option).removeprefix("- "))
        for version, option in ((1, "OLD"), (2, "NEW"))
    )
    release = build(checklists=CHECKLISTS + versions)
    assert release.questions["X01"].options == {"OLD", "NEW"}
    assert {t.ref for t in release.templates} >= {"X@1", "X@2"}


FAULTS_OF_CODES = [
    ("id: AKL,", "id: POL,", "authorities: POL stands 2 times"),
    ("en: Customs,", "ne: Customs,", "TUL: en is missing"),
    ("en: Customs,", "en: no,", "TUL: en is missing"),
    ("press: NARK, sv", "press: DROGER, sv", "NARK_INNEHAV: unknown press 'DROGER'"),
    ("by: [KOM_ALK, POL]", "by: [KOM_ALK, POLIS]", "LTLP_FORL: unknown by 'POLIS'"),
    ("unit: TABL, alt: [KARTA, G]", "unit: TABL, alt: [KARTA, OZ]", "NARK_TABL: unknown alt 'OZ'"),
    ('law: "ALK 11:3"', 'law: "ALKO 11:3"', "ALK_FORS: unknown law 'ALKO'"),
    (
        "checklists: [ALK, LIV, BRA, SKV, BYG]",
        "checklists: [ALK, LIVS]",
        "RESTAURANG: unknown checklists 'LIVS'",
    ),
    ('note: {sv: "Tolkas snävt", en:', "note: {sv: 7, en:", "G_10_2: note: sv is missing or no text: 7"),
    ('law: "ALK 11:3"', "law: 11", "ALK_FORS: law must be text"),
    ("base: MG, factor: 1000}", "base: GRAIN, factor: 1000}", "G: base 'GRAIN' is no unit"),
    ("base: MG, factor: 1000}", "base: MG, factor: 0}", "G: factor must be a positive integer"),
    ("photo_min: 4", "photo_min: 4.5", "4.5 is no text, integer or truth value"),
    ("valid_to: 2018-12-31", "valid_to: snart", "LOTT_BROTT: valid_to must be a date"),
    ("from: [POL], to: [AKL", "from: [POL], to: [AKLA", "G_BDL_P: unknown to 'AKLA'"),
    ("id: DOBBLERI", "id: UA", "UA: is both an offence and an outcome"),
    ("\nunits:\n", "\nenheter:\n", "units: must be a list of items with an id"),
]


@pytest.mark.parametrize(("what", "instead", "fault"), FAULTS_OF_CODES)
def test_a_fault_in_the_code_lists_is_named(what: str, instead: str, fault: str) -> None:
    with pytest.raises(CodesError, match=r"codes\.yaml: ") as raised:
        build(lists=without(CODES, what, instead))
    assert fault in str(raised.value)


FAULTS_OF_CHECKLISTS = [
    ("{id: ALK02,", "{id: ALK01,", "ALK: ALK01 stands 2 times"),
    ("{id: ALK02,", "{id: ANK02,", "ANK02: asked in ANK and in ALK"),
    ("t: grade, sv: Ordning", "t: betyg, sv: Ordning", "ALK10: unknown type 'betyg'"),
    ("options_ref: legal_regimes", "options_ref: regimes", "ANK03: unknown options_ref 'regimes'"),
    ("options_ref: legal_regimes, ", "", "ANK03: needs options or options_ref"),
    ("fail: [ORO_ANM]", "fail: [ORO]", "ANK08: unknown fail 'ORO'"),
    ("ok: JA, law", "ok: KANSKE, law", "ok must be JA or NEJ"),
    ("authorities: [RTJ]", "authorities: [BRAND]", "BRA: unknown authorities 'BRAND'"),
    ("version: 1", "version: 1.0", "ANK: version must be a positive integer"),
    ("share: FU", "share: HEMLIG", "SPE: unknown share 'HEMLIG'"),
    ("en: Arrival time", "en: ''", "ANK01: en is missing"),
    ("- id: ALK\n", "- id: ANK\n", "checklists: ANK@1 stands 2 times"),
    ("answer_sets:\n", "answers:\n", "answer_sets.yn: must be a list of items"),
]


@pytest.mark.parametrize(("what", "instead", "fault"), FAULTS_OF_CHECKLISTS)
def test_a_fault_in_the_checklists_is_named(what: str, instead: str, fault: str) -> None:
    with pytest.raises(CodesError, match=r"checklists\.yaml: ") as raised:
        build(checklists=without(CHECKLISTS, what, instead))
    assert fault in str(raised.value)


def test_every_fault_is_told_at_once() -> None:
    broken = without(without(CODES, "id: AKL,", "id: POL,"), "base: MG, factor: 1000}", "base: X, factor: 0}")
    with pytest.raises(CodesError) as raised:
        build(lists=broken)
    assert len(str(raised.value).splitlines()) >= 3


@pytest.mark.parametrize("text", ["", "- a list", "units: [", "units: 7", "statuses: []"])
def test_a_file_that_holds_something_else_is_named(text: str) -> None:
    with pytest.raises(CodesError, match=r"codes\.yaml"):
        build(lists=text)


def test_text_that_was_cut_at_a_comma_is_named() -> None:
    torn = without(CHECKLISTS, 'sv: "Fukt, mögel, skadedjur"', "sv: Fukt, mögel, skadedjur")
    with pytest.raises(CodesError, match=r"BOE12: 'mögel' has no value; quote the text"):
        build(checklists=torn)
