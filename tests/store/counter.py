"""A process that reads a number and writes the next one, again and again: ``URL TIMES``."""

import sys

from sqlalchemy import text

from pipeline import database


def main(url: str, times: int) -> None:
    engine = database.connect(url)
    for _ in range(times):
        with engine.begin() as connection:
            lock = "" if engine.dialect.name == "sqlite" else " FOR UPDATE"
            n = connection.execute(text(f"SELECT n FROM counter{lock}")).scalar_one()
            connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
