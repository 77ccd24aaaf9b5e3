"""Receivers of CAP alerts on this machine, and nights that push to them."""

from dataclasses import replace

import pytest

from tests.alerts.channels.conftest import certificate
from tests.alerts.channels.receiver import receiving, said
from tests.alerts.push.pushed import TOKEN, named
from tests.golden.samples import quick_valley

__all__ = ["certificate"]


@pytest.fixture(scope="module")
def open_receiver(certificate):
    with receiving(certificate) as server:
        yield server


@pytest.fixture
def receiver(open_receiver, monkeypatch, certificate):
    """Give a receiver that has heard nothing yet, as the deployment's environment knows it."""
    for name in ("TV", "RADIO"):
        monkeypatch.setenv(f"CAP_{name}", f"{open_receiver.url}/{name.lower()}?token={TOKEN}")
    monkeypatch.setenv("FLOODWARN_CA_BUNDLE", str(certificate[0]))
    open_receiver.answers, open_receiver.default, open_receiver.posted = {}, said(204), []
    return open_receiver


@pytest.fixture
def pushed(night, receiver):
    """Give a night with one receiver that takes part in exercises; orders go at once."""
    named(night, tv="exercise = true")
    return night


@pytest.fixture
def asked(night, receiver):
    """Give a night on which red waits three minutes for an approver."""
    config = quick_valley().config.model_copy(update={"send_red": "approve"})
    night.pack = replace(quick_valley(), config=config)
    named(night, tv="exercise = true")
    return night
