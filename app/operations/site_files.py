"""Reading a supervisor's own list of sites, CSV or GeoJSON, into rows of text; what the text means is judged elsewhere."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import orjson

MAX_BYTES: Final = 20_000_000
MAX_ROWS: Final = 10_000

_HEADERS: Final = {
    "name": ("name", "namn"),
    "address": ("address", "adress"),
    "type": ("type", "typ"),
    "area": ("area", "område", "omrade"),
    "lat": ("lat", "latitude", "latitud"),
    "lon": ("lon", "lng", "longitude", "longitud"),
    "order": ("order", "ordning"),
    "authorities": ("authorities", "myndigheter"),
}
"""The columns and what they may be called, in English and Swedish; upper or lower case."""
_SPOILED: Final = re.compile("Ã[¥¤¶…„–©]")
_FIELD_OF: Final = {alias: name for name, aliases in _HEADERS.items() for alias in aliases}


@dataclass(frozen=True)
class Fault:
    """Why a row, or the file (line 0), cannot be taken. `line` counts lines of a CSV, features of a GeoJSON file."""

    line: int
    sv: str
    en: str

    def __str__(self) -> str:
        """Both languages on one line."""
        where = f"rad {self.line} / line {self.line}: " if self.line else ""
        return f"{where}{self.sv} / {self.en}"


class Refused(ValueError):
    """The file is not imported; `faults` are all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Row:
    """One row as text by field; a field that is absent or empty is missing."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class SiteFile:
    """The rows of a file, the faults found while reading, and the names of columns that mean nothing here."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    ignored: tuple[str, ...] = ()


def read_sites(content: bytes) -> SiteFile:
    """Read a file by what it holds. Refused where no row can be told from another."""
    if len(content) > MAX_BYTES:
        raise _refused(f"filen är större än {MAX_BYTES} byte", f"the file is larger than {MAX_BYTES} bytes")
    is_json = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    found = _read_geojson(content) if is_json else _read_csv(content)
    if not found.rows and not found.faults:
        raise _refused("filen har inga rader", "the file has no rows")
    return found


def _refused(sv: str, en: str) -> Refused:
    return Refused([Fault(0, sv, en)])


def _too_many() -> Refused:
    return _refused(f"filen har fler än {MAX_ROWS} rader", f"the file has more than {MAX_ROWS} rows")


def _read_csv(content: bytes) -> SiteFile:
    text = _decode(content)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    records = _records(lines)
    first: tuple[int, list[str] | Fault] = next(records, (1, []))
    header = first[1]
    if isinstance(header, Fault):
        raise Refused([header])
    columns, ignored = _columns(header)
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, cells in records:
        if isinstance(cells, Fault):
            faults.append(cells)
        elif any(cell.strip() for cell in cells[len(header) :]):
            faults.append(Fault(line, "fler celler än kolumner", "more cells than columns"))
        elif any(cell.strip() for cell in cells):
            rows.append(Row(line, _named(zip(columns, cells, strict=False))))
        if len(rows) + len(faults) > MAX_ROWS:
            raise _too_many()
    return SiteFile(tuple(rows), tuple(faults), ignored)


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # UTF-8 with a broken byte would pass as Windows-1252 with every Swedish letter spoiled.
        if "\0" not in text and not (encoding == "cp1252" and _SPOILED.search(text)):
            return text
    raise _refused(
        "filen går inte att läsa som text: spara den som UTF-8 eller Windows-1252",
        "the file cannot be read as text: save it as UTF-8 or Windows-1252",
    )


def _delimiter(text: str) -> str:
    header = text.lstrip("\r\n").partition("\n")[0]
    return ";" if header.count(";") >= header.count(",") else ","


def _records(lines: Any) -> Iterator[tuple[int, list[str] | Fault]]:
    """Each record with the line it begins on; a broken one as its Fault, and with it the end."""
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Fault(line, f"trasig CSV: {error}", f"broken CSV: {error}")
            return
        if cells:
            yield line, cells


def _columns(header: list[str]) -> tuple[list[str], tuple[str, ...]]:
    columns = [_FIELD_OF.get(name.strip().casefold(), "") for name in header]
    known = [name for name in columns if name]
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise _refused(
            f"kolumnen {twice[0]} finns flera gånger", f"the column {twice[0]} stands more than once"
        )
    if "name" not in known:
        raise _refused("rubrikraden saknar kolumnen namn", "the header has no column name")
    unknown = (name.strip() for name, field in zip(header, columns, strict=True) if not field)
    return columns, tuple(filter(None, unknown))


def _named(pairs: Any) -> dict[str, str]:
    return {name: text.strip() for name, text in pairs if name and text.strip()}


def _read_geojson(content: bytes) -> SiteFile:
    try:
        tree = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise _refused(f"trasig JSON: {error}", f"broken JSON: {error}") from None
    features = tree.get("features") if isinstance(tree, dict) else None
    if not isinstance(features, list) or tree.get("type") != "FeatureCollection":
        raise _refused("filen är ingen FeatureCollection", "the file is no FeatureCollection")
    if len(features) > MAX_ROWS:
        raise _too_many()
    read = [_feature(number, feature) for number, feature in enumerate(features, 1)]
    return SiteFile(
        tuple(row for row in read if isinstance(row, Row)),
        tuple(fault for fault in read if isinstance(fault, Fault)),
    )


def _feature(number: int, feature: Any) -> Row | Fault:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or feature.get("type") != "Feature":
        return Fault(number, "är ingen Feature med properties", "is no Feature with properties")
    values = _named((_FIELD_OF.get(k.strip().casefold(), ""), _as_text(v)) for k, v in properties.items())
    geometry = feature.get("geometry")
    if geometry is None:
        return Row(number, values)
    position = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(position, list) or geometry.get("type") != "Point" or not _is_position(position):
        return Fault(number, "geometrin är ingen Point [lon, lat]", "the geometry is no Point [lon, lat]")
    return Row(number, values | {"lon": _as_text(position[0]), "lat": _as_text(position[1])})


def _is_position(position: list[Any]) -> bool:
    return len(position) in (2, 3) and all(type(x) in (int, float) for x in position)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_as_text, value))
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return "" if value is None else str(value)
