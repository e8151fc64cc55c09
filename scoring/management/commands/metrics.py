"""List what predictions can be measured by."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

if TYPE_CHECKING:
    from scoring.compute.metrics import Family, Metric

KINDS = ("label", "number", "probability", "distribution", "labels", "ranking")
LANGUAGES = ("en", "de")
INDENT = "    "


class Command(BaseCommand):
    """Print the registry of metrics; touches no database."""

    help = "List the metrics: key, name, definition, formula, range, direction and odd cases."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a filter and the form of the answer."""
        parser.add_argument("--kind", choices=KINDS, help="only those for such predictions")
        parser.add_argument("--json", action="store_true", dest="as_json", help="answer with JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every metric once; a family with its parameter."""
        from scoring.compute.metrics import FAMILIES, METRICS  # noqa: PLC0415  (heavy)

        entries: dict[str, Metric | Family] = {**METRICS, **FAMILIES}
        rows = [
            metric_data(entry)
            for _key, entry in sorted(entries.items())
            if options["kind"] in {None, _metric_of(entry).kind.value}
        ]
        if options["as_json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2, allow_nan=False))
            return
        for kind in KINDS:
            own = [row for row in rows if row["kind"] == kind]
            if own:
                self.stdout.write(f"{kind}:")
            for row in own:
                self.stdout.write("\n".join(_words(row)))


def _metric_of(entry: Metric | Family) -> Metric:
    """Return the metric, or the one that stands for its family."""
    from scoring.compute.metrics import Metric  # noqa: PLC0415  (heavy)

    return entry if isinstance(entry, Metric) else entry.metric


def metric_data(entry: Metric | Family) -> dict[str, Any]:
    """Return a metric as plain data, its texts in both languages.

    A family says what it takes behind the @ and which values are usual; in its texts the parameter
    is written as k, q or the word label.
    """
    from scoring.compute.metrics import Family  # noqa: PLC0415  (heavy)

    metric = _metric_of(entry)
    family = entry if isinstance(entry, Family) else None
    sign = {"places": "k", "quantile": "q", "label": "label"}[family.takes] if family else ""

    def in_languages(text: str) -> dict[str, str]:
        found = {}
        for language in LANGUAGES:
            with translation.override(language):
                words = translation.gettext(text)
            found[language] = words % {"parameter": sign} if family else words
        return found

    return {
        "key": f"{metric.key}@{sign}" if family else metric.key,
        "kind": metric.kind.value,
        "takes": family.takes.value if family else None,
        "usual": [f"{metric.key}@{value}" for value in family.usual] if family else [],
        "name": in_languages(metric.name),
        "definition": in_languages(metric.definition),
        "formula": metric.formula,
        "edge_cases": in_languages(metric.edges),
        "direction": metric.direction.value,
        "lowest": metric.lowest if math.isfinite(metric.lowest) else None,
        "highest": metric.highest if math.isfinite(metric.highest) else None,
        "digits": metric.digits,
    }


def _words(row: dict[str, Any]) -> list[str]:
    """Return the lines about one metric."""
    lowest = "−∞" if row["lowest"] is None else f"{row['lowest']:.4g}"
    highest = "∞" if row["highest"] is None else f"{row['highest']:.4g}"
    texts = [
        row["definition"]["en"],
        row["formula"],
        f"{lowest} to {highest}, {row['direction']} is better. {row['edge_cases']['en']}",
    ]
    lines = [f"  {row['key']}  {row['name']['en']}"]
    for text in texts:
        lines += textwrap.wrap(text, width=96, initial_indent=INDENT, subsequent_indent=INDENT)
    return lines
