"""Subjects of many files, counted by several worker processes.

    python examples/dask_cluster.py FILE... [--workers N | --scheduler ADDRESS]

Starts a Dask cluster on this machine, or uses the one at ADDRESS, whose workers must see the files
under the same paths. Prints how many records have a subject, and the subjects that most records
have. Each worker reads byte ranges of the files; what a lost worker had is read again by another.
Needs `pip install 'rapidmarc[dask]'`.
"""

import argparse
import sys

from distributed import Client

from rapidmarc.columns import every
from rapidmarc.dask import read_marc

COLUMNS = {"id": "001", "subjects": every("650$a")}


def report(files: list[str], blocksize: str) -> None:
    """Prints what the workers of the current client find."""
    books = read_marc(files, COLUMNS, blocksize=blocksize, on_error="skip")
    subjects = books["subjects"].explode().dropna()
    names = subjects.astype(str).str.strip(" .,")
    print(f"{len(books):,} records in {books.npartitions} parts")
    for name, found in names.value_counts().nlargest(10).compute().items():
        print(f"{found:8,}  {name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--workers", type=int, default=2, help="processes to start (default 2)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="use this cluster instead")
    parser.add_argument("--blocksize", default="16 MiB", help="bytes of a part (default 16 MiB)")
    given = parser.parse_args()
    if given.scheduler:
        client = Client(given.scheduler)
    else:
        client = Client(n_workers=given.workers, threads_per_worker=1, dashboard_address=None)
    with client:
        report(given.files, given.blocksize)
    return 0


if __name__ == "__main__":
    sys.exit(main())
