"""The fast way through a file takes what is flawless, and reads what the strict reader reads."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute import plain
from scoring.compute.plain import KnownIds, as_bytes, read_columns
from scoring.compute.predictions import read_plain, read_strictly
from scoring.compute.schema import PredictionFormat, PredictionKind, ReaderLimits
from tests.hostile.corpus import FORMAT, IDS, SMALL, corpus

LIMITS = ReaderLimits()
K = PredictionKind
FORMATS = {
    "label": PredictionFormat(
        id_column="id", target_column="y", kind=K.LABEL, labels=("cat", "übrig", "", "0")
    ),
    "truth": PredictionFormat(
        id_column="id", target_column="y", kind=K.LABEL, labels=("0", "1"), text_columns=("split",)
    ),
    "number": PredictionFormat(
        id_column="id", target_column="y", kind=K.NUMBER, minimum=-1000.0, maximum=1e6
    ),
    "probability": PredictionFormat(id_column="id", target_column="y", kind=K.PROBABILITY),
    "distribution": PredictionFormat(
        id_column="id", target_column="y", kind=K.DISTRIBUTION, labels=("a", "b")
    ),
    "labels": PredictionFormat(id_column="id", target_column="y", kind=K.LABELS, labels=("a", "b")),
}
FLAWLESS = {
    "label": b"id,y\n1,cat\n2,\xc3\xbcbrig\n3,\n4,0\n",
    "truth": b"split,id,y\npublic,b,0\n\xc3\xa4,a,1\n",
    "number": b"id,y\r\nx,1\r\ny,-.5\r\nzz,+2.E3",
    "probability": b"y,id\n0.25,a\n1,b\n0,c\n1e-3,d\n",
    "distribution": b"id,p_b,p_a\n1,0.25,0.75\n2,0.0005,1\n",
}


@pytest.mark.parametrize("name", FLAWLESS)
def test_a_flawless_file_goes_the_fast_way_and_says_the_same(name: str) -> None:
    data, fmt = FLAWLESS[name], FORMATS[name]

    fast = read_plain(data, fmt, None, LIMITS)

    assert fast is not None
    assert fast == read_strictly(data, fmt, None, LIMITS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("labels", b"id,y\n1,a|b\n"),  # lists are cut into entries: no column of one width
        ("label", b"id;y\n1;cat\n"),
        ("label", b"\xef\xbb\xbfid,y\n1,cat\n"),
        ("label", b"id,y\n1,\xfcbrig\n"),
        ("label", b'id,y\n1,"cat"\n'),
        ("label", b"id,y\n1,cat\n\n"),
        ("label", b"id,y\n1,cat,\n2\n"),
        ("label", b"id,y\n1,dog\n"),
        ("label", b"id,y\n1,cat\n1,cat\n"),
        ("label", b"id,y\n,cat\n"),
        ("label", b"id,y\n\xc3\xa4,cat\n"),
        ("label", b"id,y\n"),
        ("label", b"id,y"),
        ("label", b""),
        ("label", b"id,y,y\n1,cat,cat\n"),
        ("label", b"id,y\n1,cat\r2,cat\n"),
        ("number", b"id,y\n1,1000000.5\n"),
        ("number", b"id,y\n1,nan\n"),
        ("number", b"id,y\n1,1e999\n"),
        ("number", b"id,y\n1, 1\n"),
        ("number", b"id,y\n1,1_0\n"),
        ("number", b"id,y\n1,\n"),
        ("number", b"id,y\n1,e\n"),
        ("distribution", b"id,p_a,p_b\n1,0.5,0.4\n"),
    ],
)
def test_any_other_file_is_left_to_the_strict_reader(name: str, data: bytes) -> None:
    assert read_plain(data, FORMATS[name], None, LIMITS) is None


CELLS = st.sampled_from(
    [
        "a",
        "b",
        "1",
        "0",
        "cat",
        "übrig",
        "",
        " ",
        "0.5",
        "1e2",
        "-1",
        "+.5",
        "1.",
        "e",
        "nan",
        "1_0",
    ]
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", "", ",", '"'])


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=4), ENDS), max_size=6),
    st.none() | st.lists(st.sampled_from(["a", "b", "1"]), max_size=3),
    st.randoms(use_true_random=False),
)
def test_what_goes_the_fast_way_is_what_the_strict_reader_reads(
    name: str,
    rows: Sequence[tuple[Sequence[str], str]],
    expected: Sequence[str] | None,
    random: object,
) -> None:
    fmt = FORMATS[name]
    names = list(fmt.columns)
    random.shuffle(names)  # type: ignore[attr-defined]
    body = "".join(",".join(cells) + end for cells, end in rows)
    data = f"{','.join(names)}\n{body}".encode()

    fast = read_plain(data, fmt, expected, LIMITS)

    assert fast is None or fast == read_strictly(data, fmt, expected, LIMITS)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_the_same_bit_by_bit(numbers: list[float]) -> None:
    fmt = PredictionFormat(id_column="id", target_column="y", kind=K.NUMBER)
    data = "".join(["id,y\n", *(f"{at},{number!r}\n" for at, number in enumerate(numbers))])

    columns = read_columns(data.encode(), fmt, LIMITS)

    assert columns is not None
    assert columns.cells.tolist() == numbers


@pytest.mark.parametrize("hostile", corpus()[: len(SMALL)], ids=lambda hostile: hostile.name)
def test_no_hostile_file_gets_through_that_the_strict_reader_refuses(hostile) -> None:
    content = hostile.make()

    fast = read_plain(content, FORMAT, IDS, LIMITS)

    assert fast is None or fast == read_strictly(content, FORMAT, IDS, LIMITS)


def test_a_large_file_is_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "".join(["id,y\n", *(f"r{at},{at / 7}\n" for at in range(50))]).encode()
    fmt = FORMATS["number"]
    whole = read_strictly(data, fmt, None, LIMITS)

    monkeypatch.setattr(plain, "BLOCK", 40)

    assert read_plain(data, fmt, None, LIMITS) == whole
    monkeypatch.setattr(plain, "BLOCK", 3)  # no line is as short: the rest is one block
    assert read_plain(data, fmt, None, LIMITS) == whole


def test_one_long_cell_does_not_make_all_of_them_long() -> None:
    short = "".join(f"{at},cat\n" for at in range(2000))
    data = f"id,y\n{short}{'x' * 999},cat\n".encode()

    assert read_columns(data, FORMATS["label"], LIMITS) is None
    assert read_strictly(data, FORMATS["label"], None, LIMITS).ok


@pytest.mark.parametrize(
    ("ids", "is_whole"),
    [(("b", "a"), True), (("a",), False), (("a", "c"), False), (("a", "b", "c"), False)],
)
def test_ids_are_compared_as_bytes_or_as_texts(ids: tuple[str, ...], is_whole: bool) -> None:
    data = "".join(["id,y\n", *(f"{name},cat\n" for name in ids)]).encode()
    known = KnownIds(as_bytes(["a", "b"]))

    assert (read_plain(data, FORMATS["label"], known, LIMITS) is not None) == is_whole
    assert (read_plain(data, FORMATS["label"], list(known), LIMITS) is not None) == is_whole
    assert (known[0], known[1:][0], len(known), list(known)) == ("a", "b", 2, ["a", "b"])


def test_a_label_with_a_zero_byte_is_nothing_for_the_fast_way() -> None:
    fmt = PredictionFormat(id_column="id", target_column="y", kind=K.LABEL, labels=("a\0", "b"))

    assert read_columns(b"id,y\n1,a\n", fmt, LIMITS) is None
