"""The proof: a folder for each room of the project, and the small files that all share."""
