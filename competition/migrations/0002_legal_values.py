"""Dates and thresholds of the law, each with its source, as known in November 2026."""

import datetime as dt

from django.db import migrations

_OMNIBUS = (
    "Digitaler Omnibus zur KI-Verordnung, Parlament 16.06.2026, Rat 29.06.2026 "
    "(Wortlaut des Amtsblatts noch zu prüfen)"
)
_OMNIBUS_DAY = dt.date(2026, 6, 29)
_THRESHOLDS = "Delegierte Verordnungen zu den EU-Schwellenwerten, ABl. L 2025/7079"

# key, value, valid from, valid until (the first day on which it no longer holds), source
ROWS = (
    (
        "ai_act_art_5",
        "2025-02-02",
        dt.date(2024, 8, 1),
        None,
        "VO (EU) 2024/1689, Art. 113 Buchst. a",
    ),
    ("ai_act_art_5_imagery", "2026-12-02", _OMNIBUS_DAY, None, _OMNIBUS),
    ("ai_act_art_50", "2026-08-02", dt.date(2024, 8, 1), None, "VO (EU) 2024/1689, Art. 113"),
    ("ai_act_art_50_2_legacy", "2026-12-02", _OMNIBUS_DAY, None, _OMNIBUS),
    (
        "ai_act_art_53",
        "2025-08-02",
        dt.date(2024, 8, 1),
        None,
        "VO (EU) 2024/1689, Art. 113 Buchst. b",
    ),
    ("ai_act_annex_i", "2028-08-02", _OMNIBUS_DAY, None, _OMNIBUS),
    ("ai_act_annex_iii", "2027-12-02", _OMNIBUS_DAY, None, _OMNIBUS),
    ("ai_act_art_4", "effort_duty", _OMNIBUS_DAY, None, _OMNIBUS),
    ("gdpr", "2018-05-25", dt.date(2018, 5, 25), None, "VO (EU) 2016/679, Art. 99 Abs. 2"),
    (
        "eu_threshold_services",
        "216000",
        dt.date(2026, 1, 1),
        dt.date(2028, 1, 1),
        f"{_THRESHOLDS}: Dienstleistungen, sonstige öffentliche Auftraggeber (Land, Kommunen), netto",
    ),
    (
        "eu_threshold_services_federal",
        "140000",
        dt.date(2026, 1, 1),
        dt.date(2028, 1, 1),
        f"{_THRESHOLDS}: Dienstleistungen, obere Bundesbehörden, netto",
    ),
    ("result_notice_days", "30", dt.date(2016, 4, 18), None, "§ 70 Abs. 3 VgV"),
)


def add_rows(apps, schema_editor):
    values = apps.get_model("competition", "LegalValue")
    for key, value, valid_from, valid_until, source in ROWS:
        values.objects.get_or_create(
            key=key,
            valid_from=valid_from,
            defaults={"value": value, "valid_until": valid_until, "source": source},
        )


def remove_rows(apps, schema_editor):
    values = apps.get_model("competition", "LegalValue")
    for key, _value, valid_from, _valid_until, _source in ROWS:
        values.objects.filter(key=key, valid_from=valid_from).delete()


class Migration(migrations.Migration):
    dependencies = [("competition", "0001_initial")]

    operations = [migrations.RunPython(add_rows, remove_rows)]
