from django.db import migrations

FIELDS = (
    "id_column",
    "target_column",
    "target_kind",
    "labels",
    "minimum",
    "maximum",
    "metrics",
    "digits",
    "points_baseline",
    "points_target",
)


def keep_what_is_in_force(apps, schema_editor):
    """Give each benchmark the row of its version; earlier ones are not known any more."""
    version = apps.get_model("scoring", "BenchmarkVersion")
    for benchmark in apps.get_model("scoring", "Benchmark").objects.all():
        truths = benchmark.truths.filter(benchmark_version__lte=benchmark.version)
        truth = truths.order_by("-benchmark_version").first()
        if truth is None:
            continue
        version.objects.create(
            benchmark=benchmark,
            number=benchmark.version,
            content={
                **{name: getattr(benchmark, name) for name in FIELDS},
                "rows": truth.rows,
                "public_rows": truth.public_rows,
                "truth_sha256": truth.sha256,
            },
            truth=truth,
            reason=benchmark.change_reason,
            made_at=benchmark.changed_at or truth.uploaded_at,
            made_by=truth.uploaded_by,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0023_versions_of_benchmarks"),
    ]

    operations = [
        migrations.RunPython(keep_what_is_in_force, migrations.RunPython.noop),
    ]
