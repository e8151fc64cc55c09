"""Several open files read as one, so that what lies in parts need not be copied to be read.

Of the standard library alone: programs of `core.forked` use it, too.
"""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class JoinedFiles(io.RawIOBase):
    """The bytes of open files, one file after another, from any place.

    It has a place of its own and leaves those of the files alone (`pread`), so that processes that
    share a descriptor do not disturb each other. Whoever opened the files closes them.
    """

    def __init__(self, descriptors: Sequence[int]) -> None:
        """Read how long the files are; what is appended later is not seen."""
        super().__init__()
        self.descriptors = list(descriptors)
        sizes = [os.fstat(descriptor).st_size for descriptor in self.descriptors]
        self._starts = [0, *accumulate(sizes)]
        self._at = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that one can go to any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place and return it.

        Raises:
            ValueError: the place lies before the beginning.

        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            message = f"{base + offset} lies before the beginning."
            raise ValueError(message)
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from the file in which the place lies; 0 is the end of the last one."""
        view = memoryview(buffer).cast("B")
        number = bisect_right(self._starts, self._at) - 1
        if number >= len(self.descriptors):
            return 0
        offset = self._at - self._starts[number]
        left = self._starts[number + 1] - self._at
        count = os.preadv(self.descriptors[number], [view[:left]], offset)
        self._at += count
        return count


def descriptors_of(file: IO[bytes] | JoinedFiles) -> list[int]:
    """Return the open files of the system behind a file.

    Raises:
        OSError: there are none, the bytes lie in memory or come over a line.

    """
    if isinstance(file, JoinedFiles):
        return file.descriptors
    return [file.fileno()]
