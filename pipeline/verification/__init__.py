"""Door: what the warnings were worth, measured on recorded floods beside what a county has now."""
