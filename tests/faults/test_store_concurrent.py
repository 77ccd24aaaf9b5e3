"""Four processes that write at once lose nothing, also where they write the same."""

from sqlalchemy import Engine

from pipeline import database
from tests.faults.store_audit import contents
from tests.faults.store_writer import start, take_all

N = 100


def undisturbed(tmp_url: str) -> Engine:
    engine = database.connect(tmp_url)
    database.migrate(engine)
    take_all(engine, list(range(N)))
    return engine


def test_four_writers_lose_no_row_and_double_none(
    engine: Engine, engine_url: str, tmp_path_factory: object
) -> None:
    # Each payload comes to two of the four, in another order.
    shares = [[i for i in range(N) if {w, (w + 1) % 4} & {i % 4}] for w in range(4)]
    writers = [start(engine_url, share[::-1] if w % 2 else share) for w, share in enumerate(shares)]
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    folder = tmp_path_factory.mktemp("undisturbed")
    assert contents(engine, N) == contents(undisturbed(f"sqlite:///{folder}/floodwarn.db"), N)
