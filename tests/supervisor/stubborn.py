"""A stack whose components do what Airflow's were seen to do: ignore TERM, fork, orphan."""

import sys
from pathlib import Path

from alerts.supervisor import Component, StackError, StopAsked, environment, owning

IGNORES_TERM = "trap '' TERM INT; sleep 300 & sleep 300; sleep 300"
ORPHANS = "(trap '' TERM; setsid sleep 300 &) ; exec sleep 300"
DIES = "sleep 0.5; exit 7"


def main(home: Path, *names: str) -> int:
    """Own a home, start the named scripts, and say so on standard output."""
    scripts = {"ignores": IGNORES_TERM, "orphans": ORPHANS, "dies": DIES}
    try:
        with owning(home, environment({}), grace_s=1.0) as tree:
            for name in names:
                tree.start(Component(name, ("sh", "-c", scripts[name])))
            print("started", flush=True)
            tree.watch()
    except StopAsked:
        return 0
    except StackError as error:
        print(error, file=sys.stderr)
        return 3
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
