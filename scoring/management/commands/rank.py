"""Score and rank a table of marks by a published rule, without any competition."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from scoring.compute.panel import PanelRow, PanelRubric
    from scoring.compute.schema import Method
    from scoring.compute.support import Support

UNUSABLE = 3  # exit code: the files were read and cannot be used
DEFAULT_METHOD = "weighted-mean"
METHODS = (DEFAULT_METHOD, "median", "trimmed-mean", "rank-sum")
FEW = 10  # degrees of freedom; with fewer the error itself is hardly known
SHOWN_DECIMALS = 4  # of shares and correlations


class Command(BaseCommand):
    """Read marks and rubric, compute, print; touches no database and writes nothing."""

    help = (
        "Score and rank a table of marks: submission,juror,criterion,mark, one mark a line; an "
        "absent line or an empty mark is missing, never 0. Example: "
        "manage.py rank marks.csv --rubric rubric.toml --support --json"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take files, rule and form of the answer."""
        parser.add_argument("marks", metavar="MARKS.csv", help="the marks; - reads standard input")
        parser.add_argument(
            "--rubric",
            metavar="RUBRIC.toml",
            help="scale, aggregate, rounding, digits, method and [[criterion]]; without it: "
            "points, every criterion weighs 1, juror first, rounded at the end to 2 digits",
        )
        parser.add_argument(
            "--method",
            choices=METHODS,
            help=f"replaces that of the rubric; without either {DEFAULT_METHOD}",
        )
        parser.add_argument(
            "--digits", type=int, metavar="N", help="published digits; replaces those of the rubric"
        )
        parser.add_argument(
            "--support",
            action="store_true",
            help="add decision support: strictness, rank intervals, agreement, other rules",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="answer with JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compute and print; notes go to standard error."""
        from scoring.compute import panel, score_sheets  # noqa: PLC0415  (heavy)
        from scoring.compute.schema import Method  # noqa: PLC0415  (with the others)
        from scoring.compute.support import support  # noqa: PLC0415  (heavy)

        digits = options["digits"]
        if digits is not None and not 0 <= digits <= panel.MOST_DIGITS:
            raise CommandError(f"--digits: 0 to {panel.MOST_DIGITS}.", returncode=2)
        content = _read(options["marks"])
        text = _read(options["rubric"]) if options["rubric"] else b""
        try:
            rubric = score_sheets.read_rubric(_decoded(text)) if options["rubric"] else None
            sheets = score_sheets.read_marks(content, rubric)
        except score_sheets.SheetError as error:
            raise CommandError("\n".join(error.problems), returncode=UNUSABLE) from error
        rubric = rubric or score_sheets.plain_rubric(sheets)
        if digits is not None:
            rubric = rubric.with_digits(digits)
        method = Method(options["method"]) if options["method"] else rubric.method
        rows = panel.rank_panel(sheets, rubric, method)
        notes = list(_notes(sheets, rubric, method, rows))
        found = support(sheets, rubric, method) if options["support"] else None
        if options["as_json"]:
            answer = {
                "method": method.value,
                "rubric": _rubric_data(rubric),
                "inputs": {
                    "marks_sha256": hashlib.sha256(content).hexdigest(),
                    "rubric_sha256": hashlib.sha256(text).hexdigest() if text else None,
                },
                "notes": notes,
                "rows": [_row_data(row) for row in rows],
            }
            if found is not None:
                answer["support"] = support_data(found, rubric)
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
            return
        for note in notes:
            self.stderr.write(note)
        self.stdout.write("\n".join(_table(rows)))
        if found is not None:
            self.stdout.write("\n" + "\n".join(_words(support_data(found, rubric))))


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from error


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("The rubric is not UTF-8.", returncode=UNUSABLE) from error


def _notes(
    sheets: Any, rubric: PanelRubric, method: Method, rows: Sequence[PanelRow]
) -> Iterable[str]:
    """Say what a reader of the figures has to know."""
    from scoring.compute import panel  # noqa: PLC0415  (heavy)
    from scoring.compute.schema import Aggregation, Method  # noqa: PLC0415  (with pandas)

    unscored = sum(row.rank is None for row in rows)
    if unscored:
        yield f"{unscored} without any counted mark: no score and no rank."
    gaps = sum(1 for _sheet in panel.incomplete(sheets, rubric))
    by_juror = rubric.aggregation is Aggregation.JUROR_FIRST or method is Method.RANK_SUM
    lacking = f"{gaps} sheet{'' if gaps == 1 else 's'} lack{'s' if gaps == 1 else ''} a mark"
    if gaps and rubric.scale is panel.Scale.POINTS and by_juror:
        yield (
            f"{lacking}. Points are added without rescaling, so "
            f"{'its total holds' if gaps == 1 else 'their totals hold'} fewer criteria than the "
            'others; aggregate = "criterion_first" leaves a missing mark out of the mean of its '
            "criterion instead."
        )
    elif gaps:
        yield f"{lacking}; a missing mark enters no mean."
    if method is Method.TRIMMED_MEAN:
        yield (
            f"The highest and the lowest are dropped from {panel.TRIMMED_FROM} values on; below "
            "that the plain mean is taken."
        )
    if method is Method.RANK_SUM:
        yield "The score is the sum of ranks over the jurors: the smallest is the best."
        totals = panel.juror_totals(sheets, rubric)
        jurors = {juror for own in totals.values() for juror in own}
        if any(own and set(own) != jurors for own in totals.values()):
            yield (
                "Not every juror has seen every submission: ranks are shares of what a juror has "
                "seen, stretched to all."
            )


# ---- data ----------------------------------------------------------------------------------------
def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _exact(value: Fraction | None) -> str | None:
    """Return a fraction as a decimal number if it is one, else as a fraction."""
    if value is None:
        return None
    from scoring.compute.exact import round_half_up  # noqa: PLC0415  (with the others)
    from scoring.compute.panel import MOST_DIGITS  # noqa: PLC0415  (heavy)

    for digits in range(MOST_DIGITS + 1):
        if round_half_up(value, digits) == value:
            return str(round_half_up(value, digits))
    return str(value)


def _rubric_data(rubric: PanelRubric) -> dict[str, Any]:
    return {
        "scale": rubric.scale.value,
        "aggregate": rubric.aggregation.value,
        "rounding": rubric.rounding.value,
        "digits": rubric.digits,
        "criterion": [
            {
                "key": criterion.key,
                "weight": _exact(criterion.weight),
                "min": _exact(criterion.low),
                "max": _exact(criterion.high),
            }
            for criterion in rubric.criteria
        ],
    }


def _row_data(row: PanelRow) -> dict[str, Any]:
    return {
        "submission": row.submission,
        "rank": row.rank,
        "tied": row.tied,
        "score": _text(row.score),
        "jurors": row.jurors,
        "mean": _text(row.mean),
        "median": _text(row.median),
        "sd": _text(row.sd),
        "lowest": _text(row.lowest),
        "highest": _text(row.highest),
    }


def support_data(found: Support, rubric: PanelRubric) -> dict[str, Any]:
    """Return the decision support as plain data: points as texts, shares as numbers."""
    from scoring.compute.exact import round_half_up  # noqa: PLC0415  (with the others)

    model, chances, w = found.adjustment, found.chances, found.kendall_w

    def points(values: Any, names: Sequence[str]) -> dict[str, str | None] | None:
        if values is None:
            return None
        return {
            name: None if math.isnan(value) else str(round_half_up(value, rubric.digits))
            for name, value in zip(names, values.tolist(), strict=True)
        }

    def by_submission(values: Any) -> dict[str, float] | None:
        if values is None:
            return None
        return {
            name: _share(value)
            for name, value in zip(found.submissions, values.tolist(), strict=True)
        }

    return {
        "seed": None if chances is None else chances.seed,
        "draws": None if chances is None else chances.draws,
        "groups": found.groups,
        "bridges": [{"submission": s, "juror": j} for s, j in found.bridges],
        "severity": points(model and model.severity, found.jurors),
        "severity_se": points(model and model.severity_se, found.jurors),
        "adjusted": points(model and model.adjusted, found.submissions),
        "adjusted_se": points(model and model.adjusted_se, found.submissions),
        "variances": None
        if model is None or model.variances is None
        else {
            "submissions": _share(model.variances.submissions),
            "jurors": _share(model.variances.jurors),
            "error": _share(model.variances.error),
            "degrees_of_freedom": model.variances.freedom,
        },
        "rank_interval": None
        if chances is None
        else {
            name: [int(low), int(high)]
            for name, low, high in zip(found.submissions, chances.low, chances.high, strict=True)
        },
        "p_first": by_submission(chances and chances.first),
        "p_top": by_submission(chances and chances.top),
        "top": None if chances is None else chances.k,
        "alpha": None if found.alpha is None else _share(found.alpha),
        "alpha_by_criterion": {
            key: None if value is None else _share(value)
            for key, value in found.alpha_by_criterion.items()
        },
        "icc": None
        if found.icc is None
        else {key: _share(value) for key, value in found.icc.items()},
        "kendall_w": None if w is None else _share(w.w),
        "kendall_w_chi_squared": None if w is None else _share(w.chi_squared),
        "kendall_w_p": None if w is None else _share(w.p),
        "generalizability": None
        if found.generalizability is None
        else _share(found.generalizability),
        "leave_one_out": [
            {
                "juror": row.juror,
                "winners": list(row.winners),
                "changes_winner": row.changes_winner,
                "changes_top": row.changes_top,
                "margin": _text(row.margin),
                "ranks": dict(row.ranks),
            }
            for row in found.leave_one_out
        ],
        "break_even": None
        if found.break_even is None
        else {key: _exact(value) for key, value in found.break_even.items()},
        "weight_wins": None
        if found.weight_wins is None
        else {key: _share(value) for key, value in found.weight_wins.items()},
        "rules": [
            {
                "rule": rule.key,
                "criterion": rule.criterion,
                "winners": list(rule.winners),
                "top": list(rule.top),
            }
            for rule in found.rules
        ],
        "prompts": [
            {
                "juror": prompt.juror,
                "kind": prompt.kind,
                "value": None if prompt.value is None else _share(prompt.value),
                "submission": prompt.submission,
                "other": prompt.other,
            }
            for prompt in found.prompts
        ],
        "reasons": dict(found.reasons),
    }


def _share(value: float) -> float:
    """Return a float with so many digits that every platform prints the same."""
    return float(f"{value:.6g}") + 0.0


# ---- words ---------------------------------------------------------------------------------------
def _table(rows: Sequence[PanelRow]) -> list[str]:
    head = ["rank", "submission", "score", "jurors", "mean", "median", "sd", "lowest", "highest"]
    body = [
        ["–" if row.rank is None else str(row.rank), row.submission]
        + [
            "–" if cell is None else str(cell)
            for cell in (
                row.score, row.jurors, row.mean, row.median, row.sd, row.lowest, row.highest,
            )
        ]
        for row in rows
    ]  # fmt: skip
    return _aligned([head, *body], left={1})


def _aligned(lines: Sequence[Sequence[str]], *, left: set[int]) -> list[str]:
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if at in left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _words(data: dict[str, Any]) -> Iterable[str]:
    """Yield the decision support for people, with a sentence to each part."""
    from scoring.compute.support import REASONS, SENTENCES  # noqa: PLC0415  (heavy)

    def missing(key: str) -> str:
        return f"  {REASONS[data['reasons'][key]]}"

    yield "Decision support: prompts for talk. Only the ranking above is official."
    yield f"\nAdjusted score. {SENTENCES['adjusted']} {SENTENCES['rank_interval']}"
    if data["adjusted"] is None:
        yield missing("adjusted")
    else:
        head = ["submission", "adjusted", "±", "rank from", "to", f"among first {data['top']}"]
        body = [
            [
                name,
                score,
                data["adjusted_se"][name] or "–",
                *map(str, data["rank_interval"][name]),
                f"{100 * data['p_top'][name]:.0f} %",
            ]
            for name, score in data["adjusted"].items()
        ]
        yield from (f"  {line}" for line in _aligned([head, *body], left={0}))
        yield f"  Seed {data['seed']}, {data['draws']} draws."
        freedom = data["variances"]["degrees_of_freedom"]
        if freedom < FEW:
            yield f"  An indication only: {freedom} marks beyond what the model needs."
        yield f"\nJurors. {SENTENCES['severity']} Below 0 is stricter."
        lines = [
            [name, value, data["severity_se"][name] or "–"]
            for name, value in data["severity"].items()
        ]
        yield from (f"  {x}" for x in _aligned([["juror", "severity", "±"], *lines], left={0}))
    for prompt in data["prompts"]:
        about = "".join(f" {prompt[key]}" for key in ("submission", "other") if prompt[key])
        value = "" if prompt["value"] is None else f" {prompt['value']:.2f}"
        yield f"  ask {prompt['juror']}: {prompt['kind']}{about}{value}"
    yield "\nAgreement."
    for key in ("alpha", "kendall_w"):
        shown = missing(key).strip() if data[key] is None else f"{data[key]:.{SHOWN_DECIMALS}f}"
        yield f"  {key}: {shown}  ({SENTENCES[key]})"
    if data["icc"] is None:
        yield f"  icc: {missing('icc').strip()}  ({SENTENCES['icc']})"
    else:
        shares = ", ".join(f"{k} {v:.{SHOWN_DECIMALS}f}" for k, v in data["icc"].items())
        yield f"  {shares}  ({SENTENCES['icc']})"
    yield f"\nWithout one juror. {SENTENCES['leave_one_out']}"
    for row in data["leave_one_out"]:
        changed = " – another winner" if row["changes_winner"] else ""
        winners = ", ".join(row["winners"])
        yield f"  {row['juror']}: {winners}, margin {row['margin'] or '–'}{changed}"
    yield f"\nOther rules. {SENTENCES['rules']}"
    for rule in data["rules"]:
        name = rule["rule"] + (f" {rule['criterion']}" if rule["criterion"] else "")
        yield f"  {name}: {', '.join(rule['winners'])}"
    yield f"\nWeights at which the first two are equal. {SENTENCES['weights']}"
    if data["break_even"] is None:
        yield missing("break_even")
    else:
        for key, value in data["break_even"].items():
            yield f"  {key}: {value if value is not None else 'no weight turns the order'}"
