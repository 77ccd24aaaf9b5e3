import pytest

from pipeline.database import connect
from tests.databases import careless, schema_of_its_own
from tests.services import require


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path, monkeypatch):
    """Give a home whose people are kept in a file, and then one whose people are on a server."""
    monkeypatch.delenv("FLOODWARN_PEOPLE_URL", raising=False)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    if request.param == "sqlite":
        yield folder
        return
    require("postgresql")
    with schema_of_its_own() as url:
        monkeypatch.setenv("FLOODWARN_PEOPLE_URL", url)
        yield folder


@pytest.fixture
def people_url(home, monkeypatch):
    """Return where the people of the home are kept."""
    from pipeline.settings import people_url

    return people_url(home)


@pytest.fixture
def people_engine(people_url):
    engine = careless(connect(people_url))
    yield engine
    engine.dispose()
