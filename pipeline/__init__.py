"""Rain and river readings in, one risk bulletin for every village out."""
