"""Names of columns, and the settings and results that cross the border of this package.

Marks are integers in hundredths of a scale point, points are `Decimal`, exact values are
`Fraction`; binary floats appear only where a metric or a measure of spread is not official.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from scoring.compute.points import WEIGHTED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from scoring.compute.points import Weight

    type Values = tuple[str, ...] | tuple[float, ...] | tuple[tuple[float, ...], ...]

# ---- columns of frames -----------------------------------------------------------------------
SUBMISSION: Final = "submission"
JUROR: Final = "juror"
CRITERION: Final = "criterion"
MARK: Final = "mark"  # integer hundredths; a missing value is "absent", never 0
LINE: Final = "line"  # kind of a signed line beside the marks, see LineKind
POINTS: Final = "points"
TOTAL: Final = "total"  # the total of one juror for one submission
SCORE: Final = "score"  # the published number
EXACT: Final = "exact"  # the same number before rounding
PARTS: Final = "parts"  # the score from the marks alone, before signed lines
DEDUCTION: Final = "deduction"
CARRIED_OVER: Final = "carried_over"
N: Final = "n"
MEAN: Final = "mean"
MEDIAN: Final = "median"
SD: Final = "sd"
MINIMUM: Final = "minimum"
MAXIMUM: Final = "maximum"
SPREAD: Final = "spread"
FIRST_PLACES: Final = "first_places"
FLAGS: Final = "flags"
RANK: Final = "rank"
TIED: Final = "tied"
TIE_STEP: Final = "tie_step"
REASON: Final = "reason"  # why a row has no rank, see Unranked
BASELINE: Final = "baseline"
HAND_IN: Final = "hand_in"  # moment of the hand-in, in microseconds
TRIES: Final = "tries"  # versions of a team that have cost a try
METRIC_VALUE: Final = "metric_value"
JURY_POINTS: Final = "jury_points"
METRIC_POINTS: Final = "metric_points"
JURY_PART: Final = "jury_part"
METRIC_PART: Final = "metric_part"


class Unranked(StrEnum):
    """Why a row stands below the line: the key of a sentence."""

    NO_ASSESSMENT = "no_assessment"
    TOO_FEW_ASSESSMENTS = "too_few_assessments"
    NO_SCORE = "no_score"
    NO_JURY_SCORE = "no_jury_score"
    NO_METRIC_SCORE = "no_metric_score"
    BASELINE = "baseline"


class Direction(StrEnum):
    """Which end of a metric is the good one."""

    HIGHER = "higher"
    LOWER = "lower"


# ---- prediction files ------------------------------------------------------------------------
MAX_LABELS: Final = 1000  # a confusion matrix of 1,000 classes takes 8 MB
MAX_LABELS_OF: Final = {  # fewer where each label takes a column
    "distribution": 60,
    "labels": 100,
}
BAR: Final = "|"  # between the entries of a list
MOST_ENTRIES: Final = 100  # of a list
SHARE_PREFIX: Final = "p_"  # before a label: the column with its probability
SUM_TOLERANCE: Final = 0.001  # how far the probabilities of a case may be from adding up to 1
SUM_SLACK: Final = 1e-9  # and what adding up floats may be off


class PredictionKind(StrEnum):
    """What the target of a prediction file holds."""

    LABEL = "label"
    NUMBER = "number"
    PROBABILITY = "probability"
    DISTRIBUTION = "distribution"  # a probability for each label, in a column of its own
    LABELS = "labels"  # any number of labels
    RANKING = "ranking"  # a list, best first


K = PredictionKind
WITH_LABELS: Final = frozenset({K.LABEL, K.DISTRIBUTION, K.LABELS, K.RANKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFormat:
    """What a prediction file must look like; published with the challenge.

    `labels` belong to the kinds `label`, `distribution` and `labels`, and may be given for
    `ranking`; `minimum` and `maximum` (inclusive, either may be open) to the kind `number`; a
    probability is always between 0 and 1. `text_columns` are further columns that must be there and
    are read as text (a ground truth has its split that way).

    Kinds with several values a case are written so: `labels` and `ranking` as a list `a|b|c` in the
    target column, where only `labels` may be empty; `distribution` as a column `p_<label>` for each
    label instead of the target column, which stands in the ground truth only.
    """

    id_column: str
    target_column: str
    kind: PredictionKind
    labels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    text_columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(self.columns) or len(set(self.columns)) != len(self.columns):
            raise ValueError("Every column of a prediction format has a name of its own.")
        may_have, needs = self.kind in WITH_LABELS, self.kind in WITH_LABELS - {K.RANKING}
        if (self.labels and not may_have) or (needs and not self.labels):
            raise ValueError("A set of labels belongs to the kinds of labels, and only to them.")
        most = MAX_LABELS_OF.get(self.kind.value, MAX_LABELS)
        if len(set(self.labels)) != len(self.labels) or len(self.labels) > most:
            raise ValueError(f"Labels are distinct, and at most {most}.")
        if self.is_list and not all(label and BAR not in label for label in self.labels):
            raise ValueError("The labels of a list are not empty and hold no bar.")
        if self.kind is not K.NUMBER and (self.minimum, self.maximum) != (None, None):
            raise ValueError("A range belongs to the kind number only.")
        if None not in (self.minimum, self.maximum) and self.lowest > self.highest:
            raise ValueError("The minimum is above the maximum.")

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns of the prediction itself: the target, or one for each label."""
        if self.kind is K.DISTRIBUTION:
            return tuple(f"{SHARE_PREFIX}{label}" for label in self.labels)
        return (self.target_column,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The expected header, in the order in which it is printed."""
        return (self.id_column, *self.value_columns, *self.text_columns)

    @property
    def is_list(self) -> bool:
        """Whether a cell holds several entries."""
        return self.kind in {K.LABELS, K.RANKING}

    @property
    def is_numeric(self) -> bool:
        """Whether a cell holds a number."""
        return self.kind in {K.NUMBER, K.PROBABILITY, K.DISTRIBUTION}

    @property
    def lowest(self) -> float:
        """The smallest number allowed; minus infinity where there is no limit."""
        if self.kind in {K.PROBABILITY, K.DISTRIBUTION}:
            return 0.0
        return float("-inf") if self.minimum is None else self.minimum

    @property
    def highest(self) -> float:
        """The largest number allowed; infinity where there is no limit."""
        if self.kind in {K.PROBABILITY, K.DISTRIBUTION}:
            return 1.0
        return float("inf") if self.maximum is None else self.maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """Hard caps of the reader. Each refusal names the cap it met."""

    size_bytes: int = 10_000_000
    rows: int = 1_000_000
    columns: int = 64
    field_length: int = 1000  # characters; the csv module itself stops at 131,072
    lines_kept: int = 20  # per group of equal problems; the total is always exact
    value_length: int = 80  # characters of an offending value that are quoted


class Severity(StrEnum):
    """An error refuses the file; a note says how it was read."""

    ERROR = "error"
    NOTE = "note"


class ProblemKey(StrEnum):
    """Which sentence a problem is told with; the parameters of each stand beside it.

    The code (E01 to E17) is what participants and programs see; several sentences share one.
    """

    # E01 encoding
    READ_AS_WINDOWS_1252 = "read_as_windows_1252"  # note
    UTF_16 = "utf_16"
    NUL_BYTES = "nul_bytes"
    UNKNOWN_ENCODING = "unknown_encoding"
    # E02 delimiter, quotes, width of rows
    DELIMITER_DETECTED = "delimiter_detected"  # note; delimiter: "semicolon" or "tab"
    QUOTING = "quoting"
    # expected, found; suggestion cause="decimal_comma", or cause="delimiter" and delimiter=
    ROW_WIDTH = "row_width"
    BLANK_LINE = "blank_line"
    # E03 byte-order mark
    BYTE_ORDER_MARK = "byte_order_mark"  # note
    # E04 columns
    HEADER_MISSING = "header_missing"  # columns
    COLUMN_MISSING = "column_missing"  # columns; suggestion column=
    COLUMN_UNKNOWN = "column_unknown"  # columns, unknown; suggestion column=
    COLUMN_DUPLICATE = "column_duplicate"  # columns, duplicates
    # E05 to E07 ids
    IDS_MISSING = "ids_missing"  # ids (at most 5)
    ID_UNKNOWN = "id_unknown"  # ids (at most 5); suggestion id=, cause=
    ID_EMPTY = "id_empty"
    ID_NOT_NORMALISED = "id_not_normalised"  # suggestion id=
    ID_DUPLICATE = "id_duplicate"  # first_lines, beside lines
    # E08 numbers
    DECIMAL_COMMA_READ = "decimal_comma_read"  # note
    DECIMAL_COMMA = "decimal_comma"  # other_line: where a decimal point stands; suggestion value=
    DECIMAL_POINT = "decimal_point"  # other_line: where a decimal comma stands; suggestion value=
    VALUE_MISSING = "value_missing"
    NOT_FINITE = "not_finite"
    NOT_A_NUMBER = "not_a_number"  # suggestion value=
    # E09 range
    # minimum, maximum; either may be None; suggestion value= and cause="percent"
    OUT_OF_RANGE = "out_of_range"
    # E10 labels
    LABEL_UNKNOWN = "label_unknown"  # labels (at most 20), label_count; suggestion value=
    # E11 number of rows
    ROW_COUNT = "row_count"  # expected, found
    # E12 too large: maximum, and found where it is known
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    FIELD_TOO_LONG = "field_too_long"
    LIST_TOO_LONG = "list_too_long"  # maximum
    # E13 empty
    EMPTY = "empty"
    NO_ROWS = "no_rows"
    # E14, E15 another kind of file
    NOT_A_CSV_FILE = "not_a_csv_file"  # format
    SPREADSHEET = "spreadsheet"  # format
    # E16 lists
    LIST_MALFORMED = "list_malformed"
    # E17 probabilities of the classes
    SHARES_SUM = "shares_sum"  # value: what they add up to


CODES: Final[Mapping[ProblemKey, str]] = {
    ProblemKey.READ_AS_WINDOWS_1252: "E01",
    ProblemKey.UTF_16: "E01",
    ProblemKey.NUL_BYTES: "E01",
    ProblemKey.UNKNOWN_ENCODING: "E01",
    ProblemKey.DELIMITER_DETECTED: "E02",
    ProblemKey.QUOTING: "E02",
    ProblemKey.ROW_WIDTH: "E02",
    ProblemKey.BLANK_LINE: "E02",
    ProblemKey.BYTE_ORDER_MARK: "E03",
    ProblemKey.HEADER_MISSING: "E04",
    ProblemKey.COLUMN_MISSING: "E04",
    ProblemKey.COLUMN_UNKNOWN: "E04",
    ProblemKey.COLUMN_DUPLICATE: "E04",
    ProblemKey.IDS_MISSING: "E05",
    ProblemKey.ID_UNKNOWN: "E06",
    ProblemKey.ID_EMPTY: "E06",
    ProblemKey.ID_NOT_NORMALISED: "E06",
    ProblemKey.ID_DUPLICATE: "E07",
    ProblemKey.DECIMAL_COMMA_READ: "E08",
    ProblemKey.DECIMAL_COMMA: "E08",
    ProblemKey.DECIMAL_POINT: "E08",
    ProblemKey.VALUE_MISSING: "E08",
    ProblemKey.NOT_FINITE: "E08",
    ProblemKey.NOT_A_NUMBER: "E08",
    ProblemKey.OUT_OF_RANGE: "E09",
    ProblemKey.LABEL_UNKNOWN: "E10",
    ProblemKey.ROW_COUNT: "E11",
    ProblemKey.TOO_MANY_BYTES: "E12",
    ProblemKey.TOO_MANY_ROWS: "E12",
    ProblemKey.TOO_MANY_COLUMNS: "E12",
    ProblemKey.FIELD_TOO_LONG: "E12",
    ProblemKey.LIST_TOO_LONG: "E12",
    ProblemKey.EMPTY: "E13",
    ProblemKey.NO_ROWS: "E13",
    ProblemKey.NOT_A_CSV_FILE: "E14",
    ProblemKey.SPREADSHEET: "E15",
    ProblemKey.LIST_MALFORMED: "E16",
    ProblemKey.SHARES_SUM: "E17",
}

NOTES: Final = frozenset(
    {
        ProblemKey.READ_AS_WINDOWS_1252,
        ProblemKey.DELIMITER_DETECTED,
        ProblemKey.BYTE_ORDER_MARK,
        ProblemKey.DECIMAL_COMMA_READ,
    }
)

type Parameter = str | int | float | tuple[str, ...] | tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One group of equal findings. The sentence is made elsewhere from `key` and `params`.

    `lines` are physical lines as an editor counts them (the header is line 1), at most
    `ReaderLimits.lines_kept` of `total`; `value` is what stands in the first of them, cut.
    `values` and `suggestions` go beside the lines, one for each, or are empty where there is
    nothing to quote; ids that are missing have no lines, and are the values.
    Everything quoted comes from the file itself or from what is published with the challenge.
    """

    key: ProblemKey
    column: str | None = None
    lines: tuple[int, ...] = ()
    total: int = 1
    value: str | None = None
    params: Mapping[str, Parameter] = field(default_factory=dict)
    suggestion: Mapping[str, Parameter] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The stable code that screens, API and command line print: E01 to E17."""
        return CODES[self.key]

    @property
    def severity(self) -> Severity:
        """Whether the file is refused because of this."""
        return Severity.NOTE if self.key in NOTES else Severity.ERROR


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The accepted content of a file as arrays, in the order of the file.

    `ids` and `texts` are UTF-8, ids of ASCII alone; `cells` are places in `labels` where there
    are labels, else numbers, of a distribution (rows × labels). The other shapes are (rows,).
    """

    ids: npt.NDArray[np.bytes_]
    cells: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    labels: tuple[str, ...]
    texts: Mapping[str, npt.NDArray[np.bytes_]]

    @cached_property
    def order(self) -> npt.NDArray[np.intp] | slice:
        """What sorts the rows by their ids; the whole slice where they stand so already."""
        if bool((self.ids[1:] > self.ids[:-1]).all()):
            return slice(None)
        return self.ids.argsort(kind="stable")

    @cached_property
    def sorted_ids(self) -> npt.NDArray[np.bytes_]:
        """The ids in their order."""
        return self.ids[self.order]


class PredictionTable:
    """The accepted content of a file, in the order of the file.

    `values` are finite floats for the kinds `number` and `probability`, a tuple of them in the
    order of the labels for `distribution`, and text otherwise, lists as they stand in the file;
    `texts` holds the columns named in `PredictionFormat.text_columns`. All have the length of
    `ids`.

    `columns` is the same as arrays, where the file was read as such; the tuples are made from them
    when somebody asks.
    """

    __slots__ = ("_ids", "_texts", "_values", "columns")

    def __init__(
        self,
        *,
        ids: tuple[str, ...] | None = None,
        values: Values | None = None,
        texts: Mapping[str, tuple[str, ...]] | None = None,
        columns: Columns | None = None,
    ) -> None:
        self.columns = columns
        self._ids = () if ids is None and columns is None else ids
        self._values = () if values is None and columns is None else values
        self._texts = {} if texts is None and columns is None else texts

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the rows."""
        if self._ids is None and self.columns is not None:
            self._ids = _decoded(self.columns.ids)
        return self._ids or ()

    @property
    def values(self) -> Values:
        """The predictions."""
        if self._values is None and self.columns is not None:
            found, labels = self.columns.cells.tolist(), self.columns.labels
            if labels:
                self._values = tuple(labels[code] for code in found)
            else:
                is_wide = self.columns.cells.ndim > 1
                self._values = tuple(map(tuple, found)) if is_wide else tuple(found)
        return self._values or ()

    @property
    def texts(self) -> Mapping[str, tuple[str, ...]]:
        """The further columns by name."""
        if self._texts is None and self.columns is not None:
            self._texts = {name: _decoded(part) for name, part in self.columns.texts.items()}
        return self._texts or {}

    def with_texts(self, texts: Mapping[str, tuple[str, ...]]) -> PredictionTable:
        """Return the same rows with other further columns."""
        return PredictionTable(ids=self.ids, values=self.values, texts=texts)

    def _content(self) -> tuple[object, ...]:
        return self.ids, self.values, self.texts

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ids) if self.columns is None else len(self.columns.ids)

    def __eq__(self, other: object) -> bool:
        """Say whether both hold the same rows in the same order."""
        if not isinstance(other, PredictionTable):
            return NotImplemented
        return self._content() == other._content()

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    def __repr__(self) -> str:
        """Show the size alone: a truth is such a table, too, and labels belong into no message."""
        return f"<PredictionTable: {len(self)} rows>"


def _decoded(column: npt.NDArray[np.bytes_]) -> tuple[str, ...]:
    """Return a column of UTF-8 as texts."""
    return tuple(cell.decode() for cell in column.tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What the strict reader found. `table` is there exactly when `ok`."""

    ok: bool
    rows: int
    columns: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    decimal: str | None
    problems: tuple[Problem, ...]
    table: PredictionTable | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that refuse the file."""
        return tuple(p for p in self.problems if p.severity is Severity.ERROR)

    @property
    def notes(self) -> tuple[Problem, ...]:
        """How the file was read where a choice had to be made."""
        return tuple(p for p in self.problems if p.severity is Severity.NOTE)


def is_normalised(text: str) -> bool:
    """Tell whether a text is in Unicode's NFC, the only form that ids may have."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


# ---- evaluation ------------------------------------------------------------------------------
SMALLEST_GROUP: Final = 10  # cases; with fewer, a value would tell about a single one
LEAST_GROUP: Final = 5  # no benchmark may publish smaller ones
MOST_GROUP_COLUMNS: Final = 5
MOST_GROUPS: Final = 20  # of a column, each with values and intervals of its own
LONGEST_GROUP: Final = 60  # characters, of a column's name and of a group's


class Split(StrEnum):
    """The part of the ground truth a value belongs to; `all` where there is no split."""

    PUBLIC = "public"
    PRIVATE = "private"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval and how to compute it again."""

    low: float
    high: float
    level: float
    method: str  # "wilson", "bootstrap", "normal", "delong", "fisher", "order" or "jackknife"
    seed: int | None = None
    draws: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """One metric on one split. `value` is missing where the metric is not defined (`error`)."""

    metric: str
    split: Split
    n: int
    value: float | None
    interval: Interval | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupValue:
    """One metric on one group of a column; `group` is None for the merged small groups."""

    metric: str
    split: Split
    column: str
    group: str | None
    n: int
    value: float | None
    interval: Interval | None = None
    error: str | None = None


class DetailKind(StrEnum):
    """What is told about predictions beside their metrics."""

    CONFUSION = "confusion"
    CALIBRATION = "calibration"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One finding about one split, coarse enough to be shown; `content` is plain data."""

    split: str
    kind: str  # of DetailKind
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationResult:
    """All values of one prediction file."""

    n: int
    values: tuple[MetricValue, ...]
    groups: tuple[GroupValue, ...] = ()

    def value(self, metric: str, split: Split) -> MetricValue:
        """Return the value of one metric on one split; KeyError if it was not asked for."""
        for value in self.values:
            if (value.metric, value.split) == (metric, split):
                return value
        raise KeyError((metric, split))


# ---- jury ------------------------------------------------------------------------------------
class Aggregation(StrEnum):
    """Which mean is taken first."""

    JUROR_FIRST = "juror_first"
    CRITERION_FIRST = "criterion_first"


class Rounding(StrEnum):
    """When numbers are rounded half up to the published digits."""

    AT_END = "at_end"
    PER_CRITERION = "per_criterion"


class Method(StrEnum):
    """How many jurors become one score: separate orders that never enter one another (X-38)."""

    WEIGHTED_MEAN = "weighted-mean"
    MEDIAN = "median"
    TRIMMED_MEAN = "trimmed-mean"
    RANK_SUM = "rank-sum"

    @property
    def lower_is_better(self) -> bool:
        """Whether the smaller figure wins: ranks are points against (X-20)."""
        return self is Method.RANK_SUM


class RankOn(StrEnum):
    """Which number is ranked."""

    PUBLISHED = "published"
    EXACT = "exact"


class TieKind(StrEnum):
    """What may decide between equal scores; never an id, a name or a time."""

    CRITERION = "criterion"
    MEDIAN = "median"
    FIRST_PLACES = "first_places"
    CHAIR = "chair"


class LineKind(StrEnum):
    """A signed line beside the marks, added after rounding and before ranking."""

    DEDUCTION = "deduction"
    CARRIED_OVER = "carried_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionSettings:
    """One criterion of the published rubric; `low` and `high` in hundredths, like the marks.

    Weight 0 means "shown but not counted". An answer to a criterion that is not `required` may be
    absent, which is never 0.
    """

    key: str
    weight: Decimal
    low: int
    high: int
    required: bool = True

    def __post_init__(self) -> None:
        if self.high <= self.low:
            raise ValueError("The top of a scale is above its bottom.")
        if not self.weight.is_finite() or self.weight < 0:
            raise ValueError("A weight is a number of at least 0.")

    @property
    def counted(self) -> bool:
        """Whether the criterion enters the score."""
        return self.weight > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TieStep:
    """One published step of the tie chain."""

    kind: TieKind
    criterion: str | None = None

    def __post_init__(self) -> None:
        if (self.kind is TieKind.CRITERION) != (self.criterion is not None):
            raise ValueError("The step criterion, and only this one, names a criterion.")

    @property
    def key(self) -> str:
        """The stable name stored with a rank, such as `median` or `criterion:benefit`."""
        return self.kind.value if self.criterion is None else f"{self.kind.value}:{self.criterion}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """How the official score is computed; everything here is published beforehand."""

    criteria: tuple[CriterionSettings, ...]
    aggregation: Aggregation = Aggregation.JUROR_FIRST
    rounding: Rounding = Rounding.AT_END
    method: Method = Method.WEIGHTED_MEAN
    digits: int = 2
    min_assessments: int = 1
    rank_on: RankOn = RankOn.PUBLISHED
    tie_chain: tuple[TieStep, ...] = ()

    def __post_init__(self) -> None:
        keys = [criterion.key for criterion in self.criteria]
        if len(set(keys)) != len(keys):
            raise ValueError("Every criterion has a key of its own.")
        if not any(criterion.counted for criterion in self.criteria):
            raise ValueError("At least one criterion counts.")
        if not {step.criterion for step in self.tie_chain if step.criterion} <= set(keys):
            raise ValueError("The tie chain names a criterion that the rubric does not have.")
        if len({step.key for step in self.tie_chain}) != len(self.tie_chain):
            raise ValueError("A step stands in the tie chain once.")
        if self.method is Method.RANK_SUM and self.aggregation is not Aggregation.JUROR_FIRST:
            raise ValueError("A rank sum needs the aggregation juror_first.")
        if not 0 <= self.digits <= 6 or self.min_assessments < 1:
            raise ValueError("Digits are 0 to 6, and at least one assessment is needed.")

    @property
    def adds_up(self) -> bool:
        """Whether the points of the criteria add up to the score."""
        by_criterion = self.aggregation is Aggregation.CRITERION_FIRST
        return by_criterion or self.method is Method.WEIGHTED_MEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialResult:
    """The official score of every submission, and the tables it can be recomputed from.

    `table`: one row per submission, ranked rows first. SUBMISSION, RANK (Int64), TIED (bool),
    TIE_STEP, SCORE, EXACT, PARTS, DEDUCTION, CARRIED_OVER, N, MEAN, MEDIAN, SD, MINIMUM, MAXIMUM,
    FIRST_PLACES, REASON. `juror_totals`: one row per counted assessment. SUBMISSION, JUROR,
    TOTAL, EXACT. `criteria`: one row per submission and criterion. SUBMISSION, CRITERION, N, MEAN
    (on the criterion's own scale), POINTS (its share of PARTS, before the last rounding EXACT).
    `incomplete`: SUBMISSION, JUROR of assessments left out because a required mark is absent.
    Points are Decimal, EXACT is Fraction, missing is None.
    """

    table: pd.DataFrame
    juror_totals: pd.DataFrame
    criteria: pd.DataFrame
    incomplete: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementLimits:
    """From which spread on the jurors' totals (points of 100) a submission is worth a talk."""

    sd: Decimal
    spread: Decimal


# ---- rankings --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class RankedMetric:
    """A metric as it is ranked: its column, its direction and its public digits."""

    key: str
    direction: Direction
    digits: int

    def __post_init__(self) -> None:
        if not 0 <= self.digits <= 12:
            raise ValueError("Public digits are 0 to 12.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRanking:
    """Which metric ranks, and what breaks ties, in this order: metrics, then whole numbers.

    With `weights` the metric is what they make together (`scoring.compute.points`).
    """

    metric: RankedMetric
    tie_chain: tuple[RankedMetric, ...] = ()
    # Columns of whole numbers that order what is equal in all metrics: the smaller goes first.
    last_steps: tuple[str, ...] = ()
    weights: tuple[Weight, ...] = ()

    def __post_init__(self) -> None:
        if self.weights:
            known = {metric.key for metric in self.tie_chain}
            if self.metric.key != WEIGHTED or not {w.key for w in self.weights} <= known:
                raise ValueError("Weighted points rank, and each of their metrics breaks ties.")
            if sum(weight.weight for weight in self.weights) != 100:
                raise ValueError("The weights add up to 100.")
        keys = [*(metric.key for metric in self.metrics), *self.last_steps]
        if len(set(keys)) != len(keys):
            raise ValueError("A metric stands in a ranking once.")
        if not {SUBMISSION, RANK, TIED, TIE_STEP, SCORE, BASELINE, REASON}.isdisjoint(keys):
            raise ValueError("A metric is not named like a column of the table.")

    @property
    def metrics(self) -> tuple[RankedMetric, ...]:
        """The ranking metric, then the tie chain."""
        return (self.metric, *self.tie_chain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """How jury and metric become one score; published beforehand.

    `baseline` earns 0 metric points and `target` 100, in the metric's own unit; for a metric where
    lower is better the target is the smaller number. `tie_chain` names parts, in this order.
    """

    jury_weight: Decimal
    metric_weight: Decimal
    baseline: Decimal
    target: Decimal
    digits: int = 2
    tie_chain: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        weights = (self.jury_weight, self.metric_weight)
        if not all(w.is_finite() and w > 0 for w in weights) or sum(weights) != 100:
            raise ValueError("The two weights are above 0 and add up to 100.")
        if not (self.baseline.is_finite() and self.target.is_finite()):
            raise ValueError("Baseline and target are numbers.")
        if self.baseline == self.target:
            raise ValueError("Baseline and target differ.")
        if not set(self.tie_chain) <= {JURY_POINTS, METRIC_POINTS}:
            raise ValueError("The tie chain names jury_points or metric_points.")
        if len(set(self.tie_chain)) != len(self.tie_chain) or not 0 <= self.digits <= 6:
            raise ValueError("A step stands in the tie chain once, and digits are 0 to 6.")
