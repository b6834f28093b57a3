"""`python -m rapidmarc`: the command line, as the program `rapidmarc` runs it."""

from rapidmarc._entry import main

if __name__ == "__main__":
    main()
