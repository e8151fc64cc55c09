"""Files that lie in parts, read as one."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.joined import JoinedFiles, descriptors_of


@contextmanager
def joined(*contents: bytes) -> Iterator[JoinedFiles]:
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in contents]
        for file, content in zip(files, contents, strict=True):
            file.write(content)
            file.flush()
        yield JoinedFiles([file.fileno() for file in files])


@given(
    contents=st.lists(st.binary(max_size=9), max_size=4),
    steps=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=6),
)
def test_joined_files_read_like_their_bytes_in_one_piece(
    contents: list[bytes], steps: list[tuple[int, int]]
) -> None:
    whole = io.BytesIO(b"".join(contents))
    with joined(*contents) as files, io.BufferedReader(files) as buffered:
        for offset, size in steps:
            assert buffered.seek(offset) == whole.seek(offset)
            assert buffered.read(size) == whole.read(size)
            assert buffered.tell() == whole.tell()
        assert buffered.seek(-1 if whole.getvalue() else 0, os.SEEK_END) == whole.seek(
            -1 if whole.getvalue() else 0, os.SEEK_END
        )
        assert buffered.read() == whole.read()


def test_joined_files_leave_the_places_of_the_files_alone() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"abc")
        file.flush()
        at = file.tell()

        assert JoinedFiles([file.fileno()]).readall() == b"abc"
        assert file.tell() == at


def test_joined_files_have_no_place_before_their_beginning() -> None:
    with joined(b"abc") as files, pytest.raises(ValueError, match="before the beginning"):
        files.seek(-4, os.SEEK_END)


def test_descriptors_of_bytes_in_memory_do_not_exist() -> None:
    with joined(b"a", b"b") as files:
        assert descriptors_of(files) == files.descriptors
        assert len(files.descriptors) == 2
    with pytest.raises(OSError, match="fileno"):
        descriptors_of(io.BytesIO(b"a"))
