"""Sizes, names and what no kept file may say."""

import ast
import re

import pytest

from tests.architecture.house import PACKAGES, ROOT, functions, kept_files, sources, tree

NAMELESS = {"base", "common", "data", "handler", "helpers", "manager", "misc", "processor", "utils"}
HOSTS = [re.escape(f"{name}.{end}") for name, end in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb.debian", "org"),
)]  # fmt: skip
HERE = [
    rf"(?<![\w.~]){re.escape(f'/{folder}/')}" for folder in ("work", "root", "tmp", "home", "opt")
]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines from its ``def`` on, without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests", "requirements"), ids=str)
def test_no_file_is_over_400_lines(path):
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sources("dags"), ids=str)
def test_no_dag_file_is_over_80_lines(path):
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.parametrize("path", sources(*PACKAGES, "requirements"), ids=str)
def test_no_function_is_over_40_lines(path):
    if path.is_relative_to("pipeline/migrations/versions"):
        return  # a migration is a list of columns
    long = {f.name: length(f) for f in functions(tree(path)) if length(f) > 40}
    assert long == {}


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=str)
def test_a_file_is_named_for_what_is_inside(path):
    assert not {part.removesuffix(".py") for part in path.parts} & NAMELESS


def test_no_kept_file_names_a_registry_or_a_place_on_one_machine():
    forbidden = re.compile("|".join(HOSTS + HERE))
    found = []
    for path in kept_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a raster
        found += [
            f"{path.relative_to(ROOT)}:{number}: {hit.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (hit := forbidden.search(line))
        ]
    assert found == []


def test_every_make_target_has_its_line_of_help():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert named
    helped = set(re.findall(r"^([a-z]+):[^\n]*## \S", makefile, re.MULTILINE))
    assert helped == set(named.group(1).split())
