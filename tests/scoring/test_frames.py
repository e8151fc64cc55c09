"""Rows of the database as columns: none lost, none shifted, the open transaction seen."""

from __future__ import annotations

import pytest

from scoring.frames import integer_columns, jury_marks
from scoring.models import CriterionScore

pytestmark = pytest.mark.django_db


def test_columns_hold_the_rows(assessing):
    for name, marks in (("frida", (4, 3, 7)), ("iris", (2, 5, 0))):
        assessing.save(name, "Ulme", *marks)
    rows = CriterionScore.objects.all()
    names = ("assessment", "criterion__position", "mark_hundredths")

    columns = integer_columns(rows.order_by("-pk"), *names)

    assert [column.dtype.name for column in columns] == ["int64"] * 3
    found = sorted(zip(*(column.tolist() for column in columns), strict=True))
    assert found == sorted(rows.values_list(*names))
    assert len(found) == 6


def test_columns_of_nothing_are_empty():
    columns = integer_columns(CriterionScore.objects.none(), "pk", "mark_hundredths")
    other = integer_columns(CriterionScore.objects.filter(pk=0), "pk", "mark_hundredths")

    assert [len(column) for column in (*columns, *other)] == [0, 0, 0, 0]


def test_missing_value_is_refused_instead_of_shifting_its_column(assessing):
    assessing.save("frida", "Ulme", 4, None, 7)
    CriterionScore.objects.filter(criterion__position=1).update(mark_hundredths=None)

    with pytest.raises(ValueError, match="missing"):
        integer_columns(CriterionScore.objects.all(), "pk", "mark_hundredths")


def test_marks_of_a_jury_are_named_by_the_code_of_the_seat(assessing):
    assessing.finish("frida", 4, 3, 7)

    table = jury_marks(assessing.challenge)

    assert set(table["juror"]) == {assessing.seats["frida"].code}
    assert sorted(set(zip(table["criterion"], table["mark"], strict=True))) == [
        ("k1", 400),
        ("k2", 300),
        ("k3", 700),
    ]
