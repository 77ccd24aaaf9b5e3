"""What is imported is declared in pyproject.toml, and what is declared is needed."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

from tests.architecture.house import PACKAGES, pyproject, sources, tree

# Declared, and yet imported by no file of ours: why.
NOT_IMPORTED = {
    "defusedxml": "openpyxl's parser refuses entities with it",
    "psycopg": "SQLAlchemy's driver for PostgreSQL",
    "python-multipart": "FastAPI's reader of forms",
}
COMES_WITH = {
    "apache-airflow-core": "apache-airflow",
    "pydantic-core": "pydantic",
    "starlette": "fastapi",
}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", name)[0]).lower()


def imported() -> set[str]:
    """Return the top-level packages of others that our code imports."""
    names = set()
    for path in sources(*PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - set(PACKAGES)


def declared() -> set[str]:
    return {plain(requirement) for requirement in pyproject()["project"]["dependencies"]}


def providers() -> dict[str, set[str]]:
    """Return, for each imported package, the distributions that hold it."""
    held = packages_distributions()
    return {
        name: {COMES_WITH.get(plain(of), plain(of)) for of in held.get(name, [])}
        for name in imported()
    }


def test_every_import_is_declared():
    assert {name for name, of in providers().items() if not of & declared()} == set()


def test_every_dependency_is_needed():
    needed = set().union(*providers().values()) | set(NOT_IMPORTED)
    assert declared() - needed == set()
