"""The tree as its own rules see it: where the rules are written, and what they are about."""

import ast
import configparser
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("dags", "pipeline", "alerts")
BIN = Path(sys.executable).parent
NOT_OURS = {".git", ".venv", ".floodwarn", ".hypothesis", ".mypy_cache", "__pycache__"}


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def contracts() -> dict[str, dict[str, list[str]]]:
    """Return each contract of .importlinter by its id, every option as a list of lines."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return {
        section.rpartition(":")[2]: {
            key: value.split("\n") for key, value in parser[section].items()
        }
        for section in parser.sections()
        if ":contract:" in section
    }


def sources(*folders: str) -> list[Path]:
    """Return the Python files of the given folders, relative to the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found)


def core() -> list[Path]:
    """Return the files that the two contracts on input and output call pure."""
    modules = [
        m for name in ("science", "judgement") for m in contracts()[name]["source_modules"] if m
    ]
    names = [Path(*module.split(".")) for module in modules]
    return [
        path
        for path in sources("pipeline", "alerts")
        if any(path == name.with_suffix(".py") or path.is_relative_to(name) for name in names)
    ]


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def kept_files() -> list[Path]:
    """Return what git keeps or would keep; all files but built ones where there is no git."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [ROOT / name for name in run.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts)
    ]
