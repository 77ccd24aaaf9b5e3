"""Rain and rivers against thresholds: what a cycle says of every village."""
