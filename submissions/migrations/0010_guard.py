from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("submissions", "0009_cards"),
    ]

    operations = [
        migrations.AddField(
            model_name="submissionfile",
            name="guard",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="submissionfile",
            name="kept_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the team decided to leave what the guard found",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="submissionfile",
            name="kept_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
