"""The judge: a slow and obvious reader of ISO 2709, to which every fast road is compared.

`read(data, **options)` turns bytes into the list of outcomes that a reader must deliver, one for
each `next`. It knows nothing of files, threads or laziness, and is never tuned.
"""

from tests.reference.decode import Content, Options
from tests.reference.reader import Outcome, read

__all__ = ["Content", "Options", "Outcome", "read"]
