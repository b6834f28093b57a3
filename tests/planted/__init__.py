"""A module with planted delays, and the process that reads with it (see reading.py)."""
