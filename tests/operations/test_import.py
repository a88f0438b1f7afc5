"""A supervisor's own list: everything in it becomes visits, or nothing does and every reason is told."""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.clock import now_ms
from app.database import table
from app.operations import planning, site_files
from app.operations.demo.evenings import fixed_id
from app.operations.importing import Imported, import_sites, understand
from app.operations.site_files import Refused, read_sites
from app.sync.author import Author
from app.sync.tables import Commit
from tests.operations.conftest import House, Told, value

_commit = table(Commit)

NEW = planning.Operation(
    id=fixed_id(1_550_000_000_000, "import"),
    number=5,
    title={"sv": "Importerad", "en": "Imported"},
    date="2019-02-12",
    authorities=("POL", "KOM_ALK", "SKV"),
)
SWEDISH = (
    "Namn;Adress;Typ;Område;Lat;Lon;Ordning;Myndigheter;Anteckning\n"
    "Kafé Ålen;Ögatan 1;KAFE;Centrum;58,5921;16,1853;2;POL, SKV;intern\n"
    '"Bar ""Örnen""";Ågatan 2;Bar/pub/nattklubb;Söder;58.5;16.2;1;kom_alk;\n'
    "Utan läge;;;;;;;;\n"
)


@pytest.fixture
def author(house: House) -> Author:
    """A supervisor."""
    return house.author("planner", "POL", "OPKO_POL")


def bring(
    house: House, author: Author, content: str | bytes, into: str | planning.Operation = NEW
) -> Imported:
    file = house.data / "sites"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return import_sites(house.db, house.key, author, file, into, now_ms())


def test_a_swedish_list_becomes_sites_and_visits(house: House, author: Author) -> None:
    assert bring(house, author, SWEDISH) == Imported(NEW.id, 3, 0, ("Anteckning",))
    cells = house.cells(planning.shared(NEW.id))
    by_order = {value(c, "order"): c for e, c in cells.items() if e.startswith("visit_")}
    names = {order: value(cells[value(c, "site")], "name") for order, c in by_order.items()}
    assert names == {1: 'Bar "Örnen"', 2: "Kafé Ålen", 3: "Utan läge"}
    eel = cells[value(by_order[2], "site")]
    assert (value(eel, "lat"), value(eel, "lon")) == (58_592_100, 16_185_300)
    assert value(cells[value(by_order[1], "site")], "type") == "BAR"
    assert value(cells[value(by_order[3], "site")], "type") == "OVRIG"
    parties = {e.rpartition(".")[2] for e in cells if e.startswith("party_")}
    assert parties == {"POL", "SKV", "KOM_ALK"}


def test_the_same_list_again_adds_nothing(house: House, author: Author) -> None:
    bring(house, author, SWEDISH)
    assert bring(house, author, SWEDISH, NEW.id) == Imported(NEW.id, 0, 3, ("Anteckning",))


def test_more_sites_follow_the_last_one(house: House, author: Author) -> None:
    bring(house, author, SWEDISH)
    assert bring(house, author, "name\nFourth\n", NEW.id).added == 1
    cells = house.cells(planning.shared(NEW.id))
    assert sorted(value(c, "order") for e, c in cells.items() if e.startswith("visit_")) == [1, 2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_spreadsheet_s_encoding_is_read(encoding: str, newline: str) -> None:
    found = read_sites(SWEDISH.replace("\n", newline).encode(encoding))
    assert [row.values["name"] for row in found.rows] == ["Kafé Ålen", 'Bar "Örnen"', "Utan läge"]
    assert [row.line for row in found.rows] == [2, 3, 4]


def test_commas_separate_as_well() -> None:
    found = read_sites(b'name,lat,lon,authorities\n"A, inner yard",58.5,16.1,"POL,SKV"\n')
    row = understand(found, ("POL", "SKV"))[0]
    assert (row.name, row.lat, row.authorities) == ("A, inner yard", 58_500_000, ("POL", "SKV"))


GEOJSON: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [16.185312345, 58.5921]},
            "properties": {"namn": "Kafé Ålen", "myndigheter": ["POL", "SKV"], "ordning": 2},
        },
        {"type": "Feature", "geometry": None, "properties": {"Name": "Utan läge", "type": "LAGER"}},
    ],
}


def at(geometry: Any, name: str = "A") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


def test_geojson_is_read_with_longitude_first(house: House, author: Author) -> None:
    assert bring(house, author, json.dumps(GEOJSON)).added == 2
    cells = house.cells(planning.shared(NEW.id))
    eel = next(c for c in cells.values() if "name" in c and value(c, "name") == "Kafé Ålen")
    assert (value(eel, "lat"), value(eel, "lon")) == (58_592_100, 16_185_312)


def test_every_bad_row_is_told_with_its_line_and_nothing_is_imported(house: House, author: Author) -> None:
    bad = (
        "name;lat;lon;order;type;authorities\n"
        "Fine;58.5;16.1;1;KAFE;POL\n"
        ";58.5;16.1;;;\n"
        "No longitude;58.5;;;;\n"
        "Too far north;99;16.1;;;\n"
        "No number;norr;16.1;first;;\n"
        "Unknown;;;;PALATS;POLIS\n"
        "Not invited;;;;;RTJ\n"
        "fine;;;;;\n"
        "Same order;;;1;;\n"
        "Too;many;cells;;;;here\n"
    )
    with pytest.raises(Refused) as raised:
        bring(house, author, bad)
    told = [(f.line, f.en.partition(":")[0]) for f in raised.value.faults]
    assert told == [
        (3, "the name is missing"),
        (4, "lat and lon belong together"),
        (5, "lat is no number of degrees between -90 and 90"),
        (6, "lat is no number of degrees between -90 and 90"),
        (6, "order is no whole number from 1 to 100000"),
        (7, "unknown type 'PALATS'"),
        (7, "unknown authority 'POLIS'"),
        (8, "RTJ does not take part in the operation"),
        (9, "the same site as on line 2"),
        (10, "the same order as on line 2"),
        (11, "more cells than columns"),
    ]
    assert "rad 3 / line 3: namn saknas / the name is missing" in str(raised.value)
    assert house.cells(planning.shared(NEW.id)) == {}


def test_a_line_number_is_right_after_a_cell_of_several_lines() -> None:
    found = read_sites(b'name;area\n"A";"one\ntwo"\nB;x;y\n')
    with pytest.raises(Refused) as raised:
        understand(found, ())
    assert [(f.line, f.en) for f in raised.value.faults] == [
        (2, "area has a line break or control character"),
        (4, "more cells than columns"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the header has no column name"),
        (b"name;adress\n", "the file has no rows"),
        (b"plats;gata\nA;B\n", "the header has no column name"),
        (b"name;Namn\nA;B\n", "the column name stands more than once"),
        (b"name\nA\x81\x8d\n", "the file cannot be read as text"),
        ("name\nÅ\n".encode("utf-16"), "the file cannot be read as text"),
        ("namn\nÅÄÖ åäö\n".encode() + b"\xff", "the file cannot be read as text"),
        (b'name;area\n"A;B\n', "broken CSV"),
        (b'{"type":"FeatureCollection","features":[', "broken JSON"),
        (b'{"type":"Feature"}', "the file is no FeatureCollection"),
        (b"[1,2]", "the file is no FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[]}', "the file has no rows"),
        (b"[" * 100_000, "broken JSON"),
    ],
)
def test_a_file_that_is_something_else_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(Refused) as raised:
        understand(read_sites(content), ())
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        (7, "is no Feature with properties"),
        ({"type": "Feature", "properties": None}, "is no Feature with properties"),
        (at({"type": "Polygon", "coordinates": []}), "no Point"),
        (at({"type": "Point", "coordinates": [True, 1]}), "no Point"),
        (at({"type": "Point", "coordinates": [1]}), "no Point"),
        (at({"type": "Point", "coordinates": [200, 1]}), "lon is no number of degrees"),
        (at(None, "A" * 501), "name is longer than 500"),
    ],
)
def test_a_bad_feature_is_told_by_its_number(feature: Any, reason: str) -> None:
    content = json.dumps({**GEOJSON, "features": [*GEOJSON["features"], feature]}).encode()
    with pytest.raises(Refused) as raised:
        understand(read_sites(content), NEW.authorities)
    assert [f.line for f in raised.value.faults] == [3]
    assert reason in str(raised.value)


def test_limits_hold_at_their_edge() -> None:
    rows = "name\n" + "".join(f"Site {i}\n" for i in range(site_files.MAX_ROWS))
    assert len(read_sites(rows.encode()).rows) == site_files.MAX_ROWS
    with pytest.raises(Refused, match="more than 10000 rows"):
        read_sites((rows + "One more\n").encode())
    with pytest.raises(Refused, match="larger than 20000000 bytes"):
        read_sites(b"name\n" + b"A" * site_files.MAX_BYTES)
    with pytest.raises(Refused, match="more than 10000 rows"):
        read_sites(json.dumps({**GEOJSON, "features": [1] * 10_001}).encode())


def test_a_long_list_is_one_transaction_of_many_commits(house: House, author: Author) -> None:
    rows = "".join(f"Plats {i};Gatan {i};KAFE;58.5;16.1;POL SKV\n" for i in range(1_000))
    start = time.perf_counter()
    assert bring(house, author, "name;address;type;lat;lon;authorities\n" + rows).added == 1_000
    assert time.perf_counter() - start < 20
    commits = house.rows(select(func.count()).select_from(_commit).where(_commit.c.actor == author.actor))
    assert commits[0][0] > 30
    assert house.figures(NEW.id).visits == 1_000


def test_an_unknown_operation_is_refused(house: House, author: Author) -> None:
    with pytest.raises(Refused, match="there is no operation"):
        bring(house, author, SWEDISH, fixed_id(1, "nowhere"))


def test_a_new_operation_invites_known_authorities_only(house: House, author: Author) -> None:
    with pytest.raises(Refused, match="unknown authority 'POLIS'"):
        bring(house, author, SWEDISH, dataclasses.replace(NEW, authorities=("POLIS",)))


def test_a_site_that_is_known_by_name_and_address_keeps_its_history(told: Told) -> None:
    author = told.author("importer", "POL", "OPKO_POL")
    listed = "namn;adress\nföreningen dubbelkvasten;PÅHITTSGRÄND 8, källarplan\n"
    operation = planning.Operation(fixed_id(2, "known"), 6, NEW.title, "2019-03-01", ("POL",))
    assert bring(told, author, listed, operation).added == 1
    cells = told.cells(planning.shared(operation.id))
    assert [v["number"] for v in value(cells["site_S02"], "history")] == [3, 2, 1]


def test_a_file_that_is_not_there_is_an_os_error(house: House, author: Author) -> None:
    with pytest.raises(FileNotFoundError):
        import_sites(house.db, house.key, author, Path("nowhere.csv"), NEW, now_ms())
