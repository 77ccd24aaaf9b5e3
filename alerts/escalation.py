"""Whom of the approvers an order that waits is put to, and when; pure.

The first of them are asked at once, the next when no answer came within their turn. The wait is not
lengthened by it: where it has no room for every turn, all are asked at once.

Source: users.md 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

Turns = tuple[tuple[str, ...], ...]


def turns(order: Iterable[str], approvers: Mapping[str, str]) -> Turns:
    """Return who are asked together, turn by turn: each approver is in one of them.

    Of the order, whoever cannot be asked is passed over: their turn is the next one's. Whoever may
    approve and is not in the order is asked last.

    Parameters
    ----------
    order : roster references, or roles, all of which are asked together
    approvers : the role of each who may approve and can be asked, by reference
    """
    left, found = dict(approvers), []
    for named in order:
        turn = tuple(ref for ref, role in left.items() if named in {ref, role})
        found.append(turn)
        for ref in turn:
            del left[ref]
    return tuple(turn for turn in (*found, tuple(left)) if turn)


def asked_after(asked: Turns, *, wait: timedelta, step: timedelta) -> dict[str, timedelta]:
    """Return how long after the order was made each approver is asked, by reference.

    Parameters
    ----------
    wait : after which the order goes by itself
    step : that each turn has for its answer, the last one included
    """
    pause = step if len(asked) * step <= wait else timedelta(0)
    return {ref: number * pause for number, turn in enumerate(asked) for ref in turn}
