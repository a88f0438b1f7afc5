"""The table of security requirements says what the tests prove, and nothing else."""

from tests import asvs


def test_the_page_is_what_the_marks_say() -> None:
    assert asvs.PAGE.read_text() == asvs.page(), "run `make asvs`"


def test_every_mark_names_an_item_of_the_standard() -> None:
    assert asvs.marked().keys() <= asvs.items().keys()
    assert len(asvs.items()) == 253


def test_what_is_not_proven_has_a_reason() -> None:
    proven = asvs.marked()
    assert [i for i, item in asvs.items().items() if i not in proven and not item["why"]] == []
