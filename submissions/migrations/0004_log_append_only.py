"""Make leaves and roots append-only in the database itself (VE-3)."""

from django.db import migrations

TABLES = ("logleaf", "seal")


def create_triggers(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    with schema_editor.connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute(
                "CREATE FUNCTION log_is_append_only() RETURNS trigger AS $$"
                " BEGIN RAISE EXCEPTION 'The log is append-only.'; END; $$ LANGUAGE plpgsql"
            )
        for table in TABLES:
            if is_postgresql:
                cursor.execute(
                    f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE"
                    f" ON submissions_{table} FOR EACH ROW EXECUTE FUNCTION log_is_append_only()"
                )
                continue
            for event in ("UPDATE", "DELETE"):
                cursor.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event}"
                    f" ON submissions_{table}"
                    " BEGIN SELECT RAISE(ABORT, 'The log is append-only.'); END"
                )


def drop_triggers(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            if is_postgresql:
                cursor.execute(f"DROP TRIGGER {table}_no_change ON submissions_{table}")
                continue
            for event in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER {table}_no_{event}")
        if is_postgresql:
            cursor.execute("DROP FUNCTION log_is_append_only()")


class Migration(migrations.Migration):
    dependencies = [("submissions", "0003_seals")]
    operations = [migrations.RunPython(create_triggers, drop_triggers)]
