"""Which code judged: the version, and the same hash for the same sources."""

import re

from pipeline import code_version as module


def test_the_code_version_names_version_and_sources():
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", module.code_version())


def test_a_changed_source_is_another_code_version(tmp_path, monkeypatch):
    (tmp_path / "one.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    first = module.code_version.__wrapped__()
    assert module.code_version.__wrapped__() == first
    (tmp_path / "one.py").write_text("x = 2\n", encoding="utf-8")
    assert module.code_version.__wrapped__() != first
