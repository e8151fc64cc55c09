"""Give each metric its weight, digits and values of 0 and 100 points in one structure."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


def settings(
    metrics: list[str], digits: int, baseline: float, target: float
) -> list[dict[str, Any]]:
    """Return the settings by which everything stays as it was: the first metric counts alone."""
    return [
        {
            "key": key,
            "weight": "0" if at else "100",
            "digits": digits,
            "baseline": None if at else baseline,
            "target": None if at else target,
        }
        for at, key in enumerate(metrics)
    ]


def forwards(apps: Any, schema_editor: Any) -> None:
    """Write down for benchmarks and their versions what was said in four fields."""
    for benchmark in apps.get_model("scoring", "Benchmark").objects.all():
        benchmark.metric_settings = settings(
            benchmark.metrics, benchmark.digits, benchmark.points_baseline, benchmark.points_target
        )
        benchmark.save(update_fields=["metric_settings"])
    # The same facts, so that the newest version still equals what is in force.
    for version in apps.get_model("scoring", "BenchmarkVersion").objects.all():
        content = version.content
        if "digits" in content:
            content["metrics"] = settings(
                content["metrics"],
                content.pop("digits"),
                content.pop("points_baseline"),
                content.pop("points_target"),
            )
            version.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("scoring", "0035_declared_value_of_a_criterion")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="benchmark",
            name="metric_settings",
            field=models.JSONField(default=list, verbose_name="metrics"),
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="benchmark", name="benchmark_points_need_two_values"
        ),
        migrations.RemoveField(model_name="benchmark", name="metrics"),
        migrations.RemoveField(model_name="benchmark", name="digits"),
        migrations.RemoveField(model_name="benchmark", name="points_baseline"),
        migrations.RemoveField(model_name="benchmark", name="points_target"),
    ]
