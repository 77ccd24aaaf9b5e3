import pytest

from tests.alerts.channels.conftest import certificate  # noqa: F401 - a fixture
from tests.alerts.channels.mosquitto import running
from tests.alerts.siren.beside import Beside, channel_of, home_with
from tests.services import require


@pytest.fixture
def broker(tmp_path, certificate):  # noqa: F811
    """Give a broker of this test's own, to be stopped and started."""
    require("mosquitto")
    folder = tmp_path / "broker"
    folder.mkdir()
    with running(folder, certificate) as broker:
        yield broker


@pytest.fixture
def siren(broker, tmp_path):
    return Beside(broker, tmp_path / "heard.json")


@pytest.fixture
def home(broker, tmp_path, certificate):  # noqa: F811
    return home_with(tmp_path / "home", broker.port, certificate)


@pytest.fixture
def channel(home):
    return channel_of(home)


@pytest.fixture
def impatient(broker, tmp_path, certificate):  # noqa: F811
    """Give a channel that waits for no device's word."""
    return channel_of(home_with(tmp_path / "beside", broker.port, certificate, answer_s=0))
