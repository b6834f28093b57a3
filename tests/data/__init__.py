"""Small committed files, the scripts that make them, and the table of what reading them gives."""
