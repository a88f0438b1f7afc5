"""The addresses of the app itself: its start page, its files, and nothing in place of a file that is not there."""

import pytest

from tests.api.evening import Evening, code_of


@pytest.mark.parametrize("path", ["/", "/enrol", "/enrol/"])
def test_every_address_of_the_app_is_the_start_page(house: Evening, path: str) -> None:
    answer = house.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/index-older.js", "/older.webmanifest", "/%2e%2e/pyproject.toml"])
def test_a_file_that_is_not_there_is_not_the_start_page(house: Evening, path: str) -> None:
    """A tablet that installs one version while the server takes another would keep it in the file's place for a year."""
    answer = house.client.get(path)
    assert (answer.status_code, code_of(answer)) == (404, "not-found")
    assert "immutable" not in answer.headers.get("cache-control", "")
