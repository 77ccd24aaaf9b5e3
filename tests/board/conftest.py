from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.post_office import open_for_business
from tests.board.duty import Duty, played


@pytest.fixture
def duty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Duty]:
    """Give an officer's night on the board, with a post office that takes its mail."""
    with open_for_business() as (_, port):
        yield from played(tmp_path, monkeypatch, port=port)
