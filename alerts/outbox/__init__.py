"""The outbox: one row per message, person and channel, written with the decision, ended once.

A sender leases rows, opens an attempt, sends, and records what came of it. The attempt is opened
in its own transaction before a byte leaves, so that a row found leased past its lease with an
open attempt says exactly what cannot be known: the provider may have taken it (UNCERTAIN). An
order to prepare or to move is then sent once more under the same id; anything else is left to
the officer. The number of attempts fences a sender that was thought dead and was only slow.
"""
