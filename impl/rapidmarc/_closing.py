"""What is closed at the end of a ``with`` statement."""

from __future__ import annotations

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Closing:
    """A ``with`` statement gives the object itself, and closes it in the end."""

    def close(self) -> None:
        """Give up what is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
