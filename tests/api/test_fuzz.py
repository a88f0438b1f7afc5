"""Whatever somebody with a key signs, the server answers, keeps its log whole and converges."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.commit import b64, point_of, sha256, sign
from app.operations import readmodels
from app.sync.rebuild import differences
from tests.api.evening import Tablet, evening
from tests.sync.world import NOW, POLICE, SHARED, VISIT

readable = st.characters(exclude_categories=["Cs"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(readable, max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(readable, max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
ids = st.integers(0, 30).map(lambda n: f"01639815-{n:04x}-7000-8000-000000000000")
entities = st.sampled_from(
    [VISIT, "visit_1", "note_1", "checklist_1.ALK", "tally_1", "actor_x", "drone_1", "site_1", "", "x"]
)
fields = st.sampled_from(
    ["persons", "status", "text", "ALK02", "ALK02:note", "entry", "@", "name", "mood", "", "__proto__"]
)
likely: st.SearchStrategy[Any] = st.sampled_from(
    [None, 3, "INNE", "JA", "hej\0", {"void": True, "reason": "", "of": "x"}, [], {}, True]
)

changes = st.fixed_dictionaries(
    {
        "id": ids,
        "e": entities,
        "f": fields,
        "v": likely | values,
        "at": st.sampled_from([0, NOW, 2**48 - 1]) | values,
    },
    optional={"replaces": st.lists(ids | values, max_size=3), "x": values},
)
lines = (
    changes.map(json.dumps)
    | values.map(json.dumps)
    | st.text(readable.filter(lambda c: c != "\n"), max_size=20)
)
headers = st.dictionaries(
    st.sampled_from(["v", "alg", "stream", "n", "prev", "changes", "body", "off", "app", "sent", "key", "x"]),
    values | st.sampled_from([1, 2, 0, 501, "", "ref", SHARED, POLICE, f"{POLICE}X", 2**47, 2**63, -(2**47)]),
    max_size=2,
)


def wire(tablet: Tablet, body: str, strange: dict[str, Any], stream: str) -> dict[str, str]:
    """A genuinely signed commit whose header says what it should, but for what is strange."""
    n, prev = tablet.person.chains.get(stream, (0, ""))
    fields = {
        "v": 1,
        "alg": "ES256",
        "actor": tablet.person.id,
        "stream": stream,
        "n": n + 1,
        "prev": prev,
        "app": "fuzz",
        "sent": NOW,
        "off": 0,
        "changes": body.count("\n"),
        "body": sha256(body),
        "key": b64(point_of(tablet.person.key.public_key())),
    }
    h = json.dumps(fields | strange)
    return {"h": h, "b": body, "s": sign(tablet.person.key, h.encode())}


def test_no_signed_commit_makes_the_server_fail_or_its_log_differ(store_url: str, tmp_path: Path) -> None:
    with evening(store_url, tmp_path) as night:
        tablet = night.tablet("alva")

        @settings(
            max_examples=80,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        @given(st.lists(lines, max_size=4), headers, st.sampled_from([SHARED, POLICE]))
        def push(body: list[str], strange: dict[str, Any], stream: str) -> None:
            text = "".join(f"{line}\n" for line in body)
            sent = json.dumps(wire(tablet, text, strange, stream)).encode()
            answer = tablet.send("POST", "/commits", content=sent + b"\n")
            assert answer.status_code == 200, answer.text
            told = answer.json()
            assert len(told["results"]) + len(told["errors"]) == 1
            for result in told["results"]:
                if not result["forked"]:
                    tablet.person.chains[result["stream"]] = (result["n"], result["hash"])
                assert len(result["changes"]) <= text.count("\n")

        for home, entity, cell in ((SHARED, VISIT, "team"), (POLICE, "note_2", "text")):
            assert (
                tablet.push(tablet.person.seal(home, tablet.person.change(entity, cell, "A"))).json()[
                    "errors"
                ]
                == []
            )
        push()
        replica = tablet.pull(SHARED, POLICE)
        for name in (SHARED, POLICE):
            stream = replica.stream(name)
            assert stream.cursor > 0
            assert tablet.get(f"/streams/{name}/digest").json()["digest"] == stream.digest()
            assert tablet.get(f"/streams/{name}/snapshot").status_code == 200
        assert night.db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
