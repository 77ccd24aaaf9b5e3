"""The watch: whether all that should go on goes on, told by ways of its own where it does not."""
