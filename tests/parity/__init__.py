"""The same bytes and the same calls through pymarc and through every backend, compared."""
