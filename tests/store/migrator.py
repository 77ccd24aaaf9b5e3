"""A process that brings a database to the newest schema: ``URL``."""

import sys

from pipeline import database

if __name__ == "__main__":
    database.migrate(database.connect(sys.argv[1]))
