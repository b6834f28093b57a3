"""`python -m harness`: the command line, and nothing else."""

from harness.cli import main

if __name__ == "__main__":
    main()
