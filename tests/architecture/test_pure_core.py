"""The pure core touches no file, clock, environment or screen, by whatever name it came in."""

import ast

import pytest

from tests.architecture.house import core, tree

CALLS = {"breakpoint", "compile", "eval", "exec", "input", "open", "print", "__import__"}
ATTRIBUTES = {
    "environ", "getenv", "mkdir", "now", "open", "read_bytes", "read_csv", "read_text", "savez",
    "to_csv", "today", "tofile", "unlink", "utcnow", "write_bytes", "write_text",
}  # fmt: skip


def is_part_of_the_code(node: ast.Attribute) -> bool:
    """Tell whether a file is read from the package itself, like the schema of CAP."""
    return ast.unparse(node.value).startswith("resources.files(")


def touches(module: ast.Module) -> list[str]:
    """Return what a module of the core should not do, each with its line."""
    found = []
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                found.append(f"{node.lineno}: {name}")
            case ast.Attribute(attr=name) if name in ATTRIBUTES and not is_part_of_the_code(node):
                found.append(f"{node.lineno}: .{name}")
            case ast.Global():
                found.append(f"{node.lineno}: global")
    return found


@pytest.mark.parametrize("path", core(), ids=str)
def test_the_core_is_pure(path):
    assert touches(tree(path)) == []


def test_the_core_is_there():
    assert len(core()) > 10


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "print(1)",
        "datetime.now(UTC)",
        "Path('x').read_text()",
        "somewhere.environ['HOME']",
        "def f():\n    global x\n    x = 1",
    ],
)
def test_a_planted_touch_is_seen(line):
    assert touches(ast.parse(line))
