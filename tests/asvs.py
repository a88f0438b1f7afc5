"""`make asvs`: which items of OWASP ASVS 5.0 (levels 1 and 2) the tests prove, from their marks, into docs/asvs.md."""

import ast
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
ITEMS, PAGE = ROOT / "docs" / "asvs.yaml", ROOT / "docs" / "asvs.md"
TARGET = 149
HEAD = """# ASVS 5.0, levels 1 and 2

Which items of the [OWASP Application Security Verification Standard 5.0](https://github.com/OWASP/ASVS) a test of this
project proves, and why none does where that is so. Made by `make asvs` from the tests' marks (`@pytest.mark.asvs`) and
`asvs.yaml`; do not edit.
"""


def marked(folder: Path = ROOT / "tests") -> dict[str, list[str]]:
    """Item -> tests that prove it, as `path::name`, in order."""
    found = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for item in _items_of(node):
                    found[item].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def _items_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    marks = [
        d
        for d in node.decorator_list
        if isinstance(d, ast.Call) and ast.unparse(d.func) == "pytest.mark.asvs"
    ]
    return [str(ast.literal_eval(arg)) for mark in marks for arg in mark.args]


def items() -> dict[str, dict[str, Any]]:
    """Item -> its `level`, and `why` no test proves it."""
    known: dict[str, dict[str, Any]] = yaml.safe_load(ITEMS.read_text())
    return known


def page() -> str:
    """The page as it should be."""
    known, proven = items(), marked()
    covered = [item for item in known if item in proven]
    lines = [
        HEAD,
        f"**{len(covered)} of {len(known)}** items are proven; the target is {TARGET}.\n",
        "## Proven\n",
    ]
    lines += ["| item | level | by |", "|---|---|---|"]
    lines += [f"| {i} | {known[i]['level']} | {'<br>'.join(f'`{t}`' for t in proven[i])} |" for i in covered]
    lines += ["\n## Not proven\n", "| item | level | why |", "|---|---|---|"]
    lines += [f"| {i} | {known[i]['level']} | {known[i]['why']} |" for i in known if i not in proven]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE.relative_to(ROOT))
