"""The official score against a slow, obvious computation, and what must hold for any marks."""

from __future__ import annotations

import statistics
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.jury import official_score
from scoring.compute.schema import (
    CRITERION,
    EXACT,
    JUROR,
    MARK,
    MEDIAN,
    POINTS,
    RANK,
    SCORE,
    SUBMISSION,
    Aggregation,
    CriterionSettings,
    Method,
    OfficialResult,
    RankOn,
    Rounding,
    Rubric,
    TieKind,
    TieStep,
)

SUBMISSIONS = tuple("abcdef")
JURORS = "vwxyz"
weights = st.integers(0, 10_000).map(lambda units: Decimal(units) / 100)
criteria = st.lists(
    st.builds(
        lambda weight, low, span, required: (weight, low, low + span, required),
        weights,
        st.integers(-500, 500),
        st.integers(1, 1000),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
).filter(lambda rows: any(row[0] > 0 for row in rows))
rubrics = st.builds(
    lambda rows, aggregation, method, rounding, digits, rank_on, steps: Rubric(
        criteria=tuple(
            CriterionSettings(key=f"c{n}", weight=w, low=low, high=high, required=required)
            for n, (w, low, high, required) in enumerate(rows)
        ),
        aggregation=aggregation,
        method=method,
        rounding=rounding,
        digits=digits,
        rank_on=rank_on,
        tie_chain=tuple(TieStep(kind=kind) for kind in steps),
    ),
    criteria,
    st.sampled_from(Aggregation),
    # A sum of ranks is no sum of points, and depends on who else takes part.
    st.sampled_from([Method.WEIGHTED_MEAN, Method.MEDIAN, Method.TRIMMED_MEAN]),
    st.sampled_from(Rounding),
    st.integers(0, 3),
    st.sampled_from(RankOn),
    st.permutations([TieKind.MEDIAN, TieKind.FIRST_PLACES]),
)


@st.composite
def panels(draw: st.DrawFn) -> tuple[Rubric, pd.DataFrame]:
    """Draw a rubric and the marks of some jurors, with gaps."""
    rubric = draw(rubrics)
    sheets = draw(
        st.sets(st.tuples(st.sampled_from(SUBMISSIONS), st.sampled_from(JURORS)), max_size=14)
    )
    rows = [
        (submission, juror, c.key, draw(st.none() | st.integers(c.low, c.high)))
        for submission, juror in sorted(sheets)
        for c in rubric.criteria
    ]
    table = pd.DataFrame(rows, columns=[SUBMISSION, JUROR, CRITERION, MARK])
    return rubric, table.astype({MARK: "Int64"})


def score(rows: pd.DataFrame, rubric: Rubric) -> OfficialResult:
    return official_score(rows, rubric, submissions=SUBMISSIONS)


def half_up(value: Fraction, digits: int) -> Decimal:
    """Round by `decimal`, with far more digits than are needed to see on which side it lies."""
    exact = Decimal(value.numerator * 10**60 // value.denominator).scaleb(-60)
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def slow_together(values: list[Fraction], method: Method) -> Fraction:
    if method is Method.MEDIAN:
        return statistics.median(values)
    if method is Method.TRIMMED_MEAN and len(values) >= 5:
        values.remove(max(values))
        values.remove(min(values))
    return statistics.mean(values)


def slow_score(rows: pd.DataFrame, rubric: Rubric, submission: str) -> Fraction | None:
    """Compute an exact score mark by mark, straight from the definitions."""
    sheets: dict[str, dict[str, int]] = {}
    for row in rows[rows[SUBMISSION] == submission].to_dict("records"):
        sheet = sheets.setdefault(row[JUROR], {})
        if not pd.isna(row[MARK]):
            sheet[row[CRITERION]] = int(row[MARK])
    counted = [c for c in rubric.criteria if c.weight > 0]
    whole_sheets = [
        sheet
        for sheet in sheets.values()
        if any(c.key in sheet for c in counted)
        and all(c.key in sheet for c in counted if c.required)
    ]

    def parts(means: dict[str, Fraction]) -> Fraction:
        there = [c for c in counted if c.key in means]
        weight = sum(Fraction(c.weight) for c in there)
        values = [
            100 * Fraction(c.weight) / weight * (means[c.key] - c.low) / (c.high - c.low)
            for c in there
        ]
        if rubric.rounding is Rounding.PER_CRITERION:
            values = [Fraction(half_up(value, rubric.digits)) for value in values]
        return sum(values, Fraction(0))

    if not whole_sheets:
        return None
    if rubric.aggregation is Aggregation.JUROR_FIRST:
        totals = [parts({k: Fraction(v) for k, v in sheet.items()}) for sheet in whole_sheets]
        return slow_together(totals, rubric.method)
    return parts(
        {
            c.key: slow_together(
                [Fraction(s[c.key]) for s in whole_sheets if c.key in s], rubric.method
            )
            for c in counted
            if any(c.key in sheet for sheet in whole_sheets)
        }
    )


@settings(max_examples=200)
@given(panels())
def test_score_equals_the_slow_computation(panel: tuple[Rubric, pd.DataFrame]) -> None:
    rubric, rows = panel

    table = score(rows, rubric).table.set_index(SUBMISSION)

    for submission in SUBMISSIONS:
        exact = slow_score(rows, rubric, submission)
        assert table[EXACT][submission] == exact
        expected = None if exact is None else half_up(exact, rubric.digits)
        assert table[SCORE][submission] == expected


@given(panels(), st.integers(0, 2**31), st.permutations(JURORS))
def test_order_of_rows_and_names_changes_nothing(
    panel: tuple[Rubric, pd.DataFrame], seed: int, names: list[str]
) -> None:
    rubric, rows = panel
    shuffled = rows.sample(frac=1, random_state=seed)
    jurors = dict(zip(JURORS, names, strict=True))
    renamed = shuffled.assign(**{JUROR: shuffled[JUROR].map(jurors)})

    first, second = score(rows, rubric), score(renamed, rubric)

    pd.testing.assert_frame_equal(first.table, second.table)
    pd.testing.assert_frame_equal(first.criteria, second.criteria)


@given(panels())
def test_rank_is_one_more_than_the_number_of_better_ones(
    panel: tuple[Rubric, pd.DataFrame],
) -> None:
    rubric, rows = panel
    column = SCORE if rubric.rank_on is RankOn.PUBLISHED else EXACT

    table = score(rows, rubric).table
    ranked = table[table[RANK].notna()]

    assert list(ranked.index) == list(range(len(ranked)))  # the others stand below
    assert ranked[SCORE].notna().all()
    assert table[SCORE][len(ranked) :].isna().all()
    for row in ranked.to_dict("records"):
        better = sum(ranked[column] > row[column])
        equal = sum(ranked[column] == row[column])
        assert better < row[RANK] <= better + equal <= len(ranked)


@given(panels())
def test_same_marks_share_everything(panel: tuple[Rubric, pd.DataFrame]) -> None:
    rubric, rows = panel
    twins = pd.concat([rows[rows[SUBMISSION] == "a"].assign(**{SUBMISSION: name}) for name in "ab"])

    table = score(twins, rubric).table.set_index(SUBMISSION)

    columns = [RANK, SCORE, MEDIAN]
    a, b = table.loc["a", columns].tolist(), table.loc["b", columns].tolist()
    assert pd.isna(a[0]) == pd.isna(b[0])
    assert a[1:] == b[1:]
    assert pd.isna(a[0]) or a[0] == b[0] == 1


@given(panels(), st.data())
def test_better_mark_never_ranks_worse(
    panel: tuple[Rubric, pd.DataFrame], data: st.DataObject
) -> None:
    rubric, rows = panel
    # Other jurors' first places may change hands, so that step is left out here.
    rubric = replace(rubric, tie_chain=(TieStep(kind=TieKind.MEDIAN),))
    given_marks = rows.index[rows[MARK].notna()]
    if not len(given_marks):
        return
    at = data.draw(st.sampled_from(list(given_marks)))
    top = next(c.high for c in rubric.criteria if c.key == rows[CRITERION][at])
    better = rows.copy()
    better.loc[at, MARK] = data.draw(st.integers(int(rows[MARK][at]), top))

    before = score(rows, rubric).table.set_index(SUBMISSION)[RANK]
    after = score(better, rubric).table.set_index(SUBMISSION)[RANK]

    name = rows[SUBMISSION][at]
    assert pd.isna(before[name]) == pd.isna(after[name])
    assert pd.isna(before[name]) or after[name] <= before[name]


@given(panels())
def test_points_of_the_criteria_add_up_to_the_score(panel: tuple[Rubric, pd.DataFrame]) -> None:
    rubric, rows = panel

    result = score(rows, rubric)

    exact = result.table.set_index(SUBMISSION)[EXACT]
    assert rubric.adds_up or result.criteria[EXACT].isna().all()
    for submission, part in result.criteria.groupby(SUBMISSION) if rubric.adds_up else ():
        parts = [points for points in part[EXACT] if points is not None]
        assert exact[submission] == (sum(parts, Fraction(0)) if parts else None)
        if rubric.rounding is Rounding.PER_CRITERION and rubric.aggregation is (
            Aggregation.CRITERION_FIRST
        ):
            printed = [points for points in part[POINTS] if points is not None]
            assert exact[submission] == (sum(map(Fraction, printed)) if printed else None)


@given(
    st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=3), min_size=2, max_size=4),
    st.integers(10**6, 10**9),
)
def test_strange_scales_do_not_overflow(rows: list[list[int]], high: int) -> None:
    rubric = Rubric(
        criteria=tuple(
            CriterionSettings(
                key=f"c{n}", weight=Decimal("33.333333333333"), low=-n, high=high + n * 7919
            )
            for n in range(8)
        )
    )
    table = pd.DataFrame(
        [
            (SUBMISSIONS[s], f"j{j}", c.key, mark)
            for s, sheet in enumerate(rows)
            for j, mark in enumerate(sheet)
            for c in rubric.criteria
        ],
        columns=[SUBMISSION, JUROR, CRITERION, MARK],
    )

    result = score(table, rubric).table.set_index(SUBMISSION)

    for at in range(len(rows)):
        assert result[EXACT][SUBMISSIONS[at]] == slow_score(table, rubric, SUBMISSIONS[at])
