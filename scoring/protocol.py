"""What the evaluation process is asked and what it answers: two JSON texts and nothing else.

The question names files by storage key; no label crosses this border in either direction.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scoring.compute.schema import (
    SMALLEST_GROUP,
    Detail,
    FileCheck,
    PredictionFormat,
    PredictionKind,
    Problem,
    ProblemKey,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# Columns of the ground truth as we store it, whatever the uploaded file called them.
TRUTH_ID = "id"
TRUTH_TARGET = "target"
TRUTH_SPLIT = "split"
TRUTH_GROUP = "group_{}"  # the first is group_1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAs:
    """A file in a storage, and what it must hash to."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One prediction file, the ground truth it is measured against, and by which metrics."""

    predictions: StoredAs
    truth: StoredAs
    format: PredictionFormat
    metrics: tuple[str, ...]
    seed: int
    size_limit: int  # bytes of either file
    memory_limit: int  # bytes of address space
    cpu_limit: int  # seconds
    # A program of the organiser that computes the values in our place, in a sandbox.
    program: StoredAs | None = None
    # Names of the group columns in the order of the stored truth, and which of them are measured.
    truth_groups: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    smallest_group: int = SMALLEST_GROUP

    def to_json(self) -> str:
        """Write the question."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Question:
        """Read a question."""
        data = json.loads(text)
        return cls(
            **{
                **data,
                "predictions": StoredAs(**data["predictions"]),
                "truth": StoredAs(**data["truth"]),
                "format": format_from(data["format"]),
                "metrics": tuple(data["metrics"]),
                "program": StoredAs(**data["program"]) if data["program"] else None,
                "truth_groups": tuple(data["truth_groups"]),
                "groups": tuple(data["groups"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One metric on one part of the ground truth; `error` says why there is no value."""

    metric: str
    split: str
    rows: int
    value: float | None
    low: float | None
    high: float | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOutcome(Value):
    """One metric on one group; `group` is empty for the small groups, taken together."""

    column: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came out: how the file was read, and the values; none if the file is refused."""

    check: FileCheck
    values: tuple[Value, ...]
    groups: tuple[GroupOutcome, ...] = ()
    # Made coarse before they come here (`scoring.compute.details`).
    details: tuple[Detail, ...] = ()

    def to_json(self) -> str:
        """Write the answer."""
        return json.dumps(
            {
                "check": _check_to_json(self.check),
                "values": [asdict(value) for value in self.values],
                "groups": [asdict(group) for group in self.groups],
                "details": [asdict(detail) for detail in self.details],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """Read an answer."""
        data = json.loads(text)
        return cls(
            check=_check_from_json(data["check"]),
            values=tuple(Value(**value) for value in data["values"]),
            groups=tuple(GroupOutcome(**group) for group in data["groups"]),
            details=tuple(Detail(**detail) for detail in data["details"]),
        )


def format_from(data: dict[str, Any]) -> PredictionFormat:
    """Read a prediction format."""
    return PredictionFormat(
        **{
            **data,
            "kind": PredictionKind(data["kind"]),
            "labels": tuple(data["labels"]),
            "text_columns": tuple(data["text_columns"]),
        }
    )


def truth_groups_of(columns: Collection[str]) -> tuple[str, ...]:
    """Return what the group columns are called in the stored ground truth, in their order."""
    return tuple(TRUTH_GROUP.format(number) for number in range(1, len(columns) + 1))


def truth_format_of(fmt: PredictionFormat) -> PredictionFormat:
    """Return the prediction format under the column names of the stored ground truth."""
    return PredictionFormat(
        id_column=TRUTH_ID,
        target_column=TRUTH_TARGET,
        kind=fmt.kind,
        labels=fmt.labels,
        minimum=fmt.minimum,
        maximum=fmt.maximum,
    )


def _check_to_json(check: FileCheck) -> dict[str, Any]:
    """Return the findings of the strict reader, without the content of the file."""
    return {
        "ok": check.ok,
        "rows": check.rows,
        "columns": list(check.columns),
        "encoding": check.encoding,
        "delimiter": check.delimiter,
        "decimal": check.decimal,
        "problems": [_problem_to_json(problem) for problem in check.problems],
    }


def _check_from_json(data: dict[str, Any]) -> FileCheck:
    return FileCheck(
        **{
            **data,
            "columns": tuple(data["columns"]),
            "problems": tuple(_problem_from_json(problem) for problem in data["problems"]),
            "table": None,
        }
    )


def _problem_to_json(problem: Problem) -> dict[str, Any]:
    return {
        "key": problem.key.value,
        "column": problem.column,
        "lines": list(problem.lines),
        "total": problem.total,
        "value": problem.value,
        "params": dict(problem.params),
        "suggestion": dict(problem.suggestion),
        "values": list(problem.values),
        "suggestions": list(problem.suggestions),
    }


def _problem_from_json(data: dict[str, Any]) -> Problem:
    return Problem(
        **{
            **data,
            "key": ProblemKey(data["key"]),
            "lines": tuple(data["lines"]),
            "params": _tuples(data["params"]),
            "suggestion": _tuples(data["suggestion"]),
            "values": tuple(data["values"]),
            "suggestions": tuple(data["suggestions"]),
        }
    )


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(item) if isinstance(item, list) else item for key, item in values.items()}
