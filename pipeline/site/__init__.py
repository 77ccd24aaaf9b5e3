"""A site pack: everything that is true of one place."""
