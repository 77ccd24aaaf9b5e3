"""What was decided, said, answered and ordered by hand; rows are added and never changed.

Every function takes the caller's connection, so that a decision and all that follows from it are
written in one transaction, and a page is read in one snapshot. Every row names its world.
"""
