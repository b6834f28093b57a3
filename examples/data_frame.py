"""A data frame of a large file, without an object for any record.

    python examples/data_frame.py FILE [--parquet OUT]

Takes five columns of every record, on all cores, and prints how many books there are for each
language and decade, and how much memory it took. With `--parquet` the table is written, batch by
batch, so that not even the table must fit in memory. Needs pandas and pyarrow.
"""

import argparse
import resource
import sys

import pandas
import pyarrow
import pyarrow.parquet

import rapidmarc
from rapidmarc.columns import count, every, integer

COLUMNS = {
    "id": "001",
    "title": "245$a",
    "isbn": every("020$a"),
    "language": "008/35-37",
    "year": integer("008/7-10"),
    "subjects": count("6..$a"),
}


def frame_of(path: str) -> pandas.DataFrame:
    """One row for each record that can be read; a year that is none is missing."""
    selection = rapidmarc.select(path, COLUMNS)
    return pyarrow.table(selection).to_pandas(types_mapper=pandas.ArrowDtype)


def write_parquet(path: str, out: str) -> int:
    """Writes the columns as a Parquet file; gives the number of rows."""
    rows = 0
    batches = pyarrow.RecordBatchReader.from_stream(rapidmarc.select(path, COLUMNS))
    with batches, pyarrow.parquet.ParquetWriter(out, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--parquet", metavar="OUT", help="write the columns there instead")
    given = parser.parse_args()
    if given.parquet:
        print(f"{write_parquet(given.file, given.parquet):,} rows in {given.parquet}")
    else:
        books = frame_of(given.file)
        books["decade"] = books["year"] // 10 * 10
        print(f"{len(books):,} records, {books['subjects'].mean():.1f} subjects each")
        print(books.groupby(["language", "decade"]).size().nlargest(10).to_string())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory: {peak / 1024:,.0f} MB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
