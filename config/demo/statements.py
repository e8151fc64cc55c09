"""Problem statements of the demo: own, synthetic texts; German first, English beside them.

`answers` and `english` hold what an author would type, by the keys of `competition.statement`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Statement:
    """One problem statement as its agency would write it."""

    key: str
    title: tuple[str, str]
    tagline: tuple[str, str]
    answers: dict[str, Any]
    english: dict[str, str] = field(default_factory=dict)
    precheck: dict[str, Any] = field(default_factory=dict)
    reasoning: str = ""
    wants_predictions: bool = False


def rows(*texts: tuple[str, str]) -> list[dict[str, str]]:
    """Return list rows with German and English text."""
    return [{"text": german, "text_en": english} for german, english in texts]


_CONTEST: dict[str, Any] = {
    "admin_level": "landkreis",
    "contact": "ki-wettbewerb@musterkreis.example",
    "procurement_contact": "Zentrale Vergabestelle, Durchwahl 210",
    "topic": "GOVE",
    "languages": ["de", "en"],
    "vulnerable": False,
    "human_role": "support",
    "data_given": True,
    "data_access": "open",
    "data_licence": "CC-BY-4.0",
    "personal": "no",
    "special_cat": False,
    "dpia": "not_needed",
    "dpia_reason": "Die Daten enthalten keine Angaben über Personen. Geprüft mit dem behördlichen "
    "Datenschutz am 4. September 2026.",
    "legal_basis_task": "§ 1 Landkreisordnung: Erledigung der übertragenen Aufgaben",
    "procedure": "prize_only",
    "est_value": 35_000,
    "follow_up": False,
    "ip": "simple",
    "security": "normal",
    "a11y": "internal",
    "eligibility": ["natural", "companies", "universities", "associations"],
    "territory": "anywhere",
    "anonymity": True,
    "jury_size": 5,
    "jury_substitutes": 1,
    "sponsor": "Leitung des Hauptamts, entscheidet über die Einführung",
    "pilot_budget": 25_000,
    "reuse": "open_source",
    "exclusions": "Ausgeschlossen sind Beschäftigte des Veranstalters und der Behörde, Mitglieder der "
    "Jury sowie deren Angehörige.",
    "third_party": "Daten dürfen an keinen Dienst außerhalb der Europäischen Union gehen. Wer einen "
    "KI-Dienst Dritter nutzt, nennt Anbieter, Ort der Verarbeitung und was übermittelt wird.",
    "target_env": "Dokumentenmanagement mit REST-Schnittstelle (Beschreibung auf Anfrage). Linux-Server "
    "im Rechenzentrum des Landes, ohne Grafikkarten und ohne Zugang zum Internet.",
    "a11y_details": "Zwei Beschäftigte arbeiten mit einem Bildschirmleseprogramm. Alles muss mit der "
    "Tastatur erreichbar sein; Farben tragen nie allein eine Bedeutung.",
    "explainability": "Zu jedem Ergebnis steht, wie sicher das Verfahren ist. Wer es nutzt, sieht die "
    "Stelle im Original und kann das Ergebnis ändern.",
    "pilot": "Sechs Monate in zwei Sachgebieten. Verantwortlich ist das Hauptamt. Abbruch, wenn nach acht "
    "Wochen mehr Zeit gebraucht wird als heute.",
    "reuse_details": "Der Quelltext wird unter EUPL-1.2 auf openCode veröffentlicht, damit andere Kreise "
    "ihn übernehmen können.",
    "evaluation_after": "Nach 6 und 12 Monaten messen wir dieselben Kennzahlen wie am Anfang und "
    "veröffentlichen das Ergebnis, auch wenn es nicht gut ausfällt.",
    "jury_fields": rows(
        ("Fachverfahren und Alltag der Verwaltung", "Specialist systems and daily work"),
        ("Maschinelles Lernen", "Machine learning"),
        ("Datenschutz", "Data protection"),
    ),
    "min_requirements": rows(
        ("Das Konzept hat höchstens acht Seiten.", "The concept has at most eight pages."),
        (
            "Das Verfahren läuft ohne Verbindung zum Internet.",
            "The solution runs without a connection to the internet.",
        ),
    ),
    "prizes": [
        {"place": "1. Preis", "place_en": "1st prize", "amount": 20_000, "kind": "money"},
        {"place": "2. Preis", "place_en": "2nd prize", "amount": 10_000, "kind": "money"},
        {"place": "3. Preis", "place_en": "3rd prize", "amount": 5_000, "kind": "money"},
    ],
}
_CONTEST_ENGLISH = {
    "exclusions": "Excluded are staff of the organiser and of the agency, members of the jury, and their "
    "relatives.",
    "third_party": "No data may go to a service outside the European Union. Whoever uses an AI service of "
    "a third party names the provider, the place of processing and what is transmitted.",
    "target_env": "Document management with a REST interface (description on request). Linux servers in "
    "the state's data centre, without graphics cards and without access to the internet.",
    "a11y_details": "Two members of staff work with a screen reader. Everything must be reachable by "
    "keyboard; colours never carry a meaning alone.",
    "explainability": "Each result says how certain it is. Whoever uses it sees the place in the original "
    "and can change the result.",
    "pilot": "Six months in two units. The main office is in charge. It stops if after eight weeks more "
    "time is needed than today.",
    "reuse_details": "The source code is published under EUPL-1.2 on openCode, so that other districts can "
    "take it over.",
    "evaluation_after": "After 6 and 12 months we measure the same indicators as at the start and publish "
    "the result, even if it is not good.",
}
_BOTH_DELIVERABLES = [
    {"name": "Konzept", "name_en": "Concept", "format": "PDF", "format_en": "PDF", "pages": 8, "megabytes": 10},
    {"name": "Vorhersagedatei", "name_en": "Prediction file", "format": "CSV, UTF-8", "format_en": "CSV, UTF-8", "megabytes": 10},
]  # fmt: skip
_CONCEPT_ONLY = _BOTH_DELIVERABLES[:1]

DIGITS = Statement(
    key="digits",
    title=(
        "Handgeschriebene Ziffern auf Papierformularen lesen",
        "Reading handwritten digits on paper forms",
    ),
    tagline=(
        "Jedes Jahr werden im Landratsamt 180 000 ausgefüllte Formulare von Hand abgetippt. Gesucht ist "
        "ein Verfahren, das Ziffern zuverlässig liest und sagt, wann es unsicher ist.",
        "Every year 180,000 completed forms are typed by hand in our district office. We are looking for a "
        "solution that reads digits reliably and says when it is unsure.",
    ),
    wants_predictions=True,
    answers={
        **_CONTEST,
        "footprint": "needed",
        "wants": ["concept", "predictions"],
        "deliverables": _BOTH_DELIVERABLES,
        "problem": "Anträge auf Wohngeld, Abmeldungen von Fahrzeugen und Fundanzeigen kommen zu 60 % auf "
        "Papier. Vier Beschäftigte übertragen Kundennummern, Beträge und Daten in das Fachverfahren. Ein "
        "Formular dauert im Schnitt 95 Sekunden; jede hundertste Ziffer ist falsch und fällt oft erst beim "
        "Bescheid auf.",
        "as_is": "1. Die Poststelle scannt das Formular.\n2. Die Sachbearbeitung tippt die Felder ab.\n3. "
        "Eine zweite Person prüft jedes zehnte Formular.\n4. Fehler werden von Hand berichtigt, meist nach "
        "einer Rückfrage.",
        "affected_groups": ["staff", "citizens"],
        "affected": "Vier Beschäftigte der Erfassung und etwa 60 000 Bürgerinnen und Bürger im Jahr, die "
        "auf ihren Bescheid warten.",
        "volume": 180_000,
        "effort_minutes": "1.6",
        "effort_fte": "4",
        "error_today": "1",
        "non_ai": "Geprüft wurden Online-Anträge (gibt es, 40 % nutzen sie), Kästchen mit Zeichenvorgabe "
        "(halbieren die Fehler nicht) und feste Regeln zur Texterkennung (scheitern an Handschrift).",
        "goal": "Eine Lösung liest einzelne Ziffernfelder und legt bei Zweifeln die Stelle zur Prüfung vor. "
        "Die Entscheidung bleibt beim Menschen.",
        "success": [
            {
                "indicator": "Anteil richtig gelesener Ziffern",
                "indicator_en": "Share of digits read correctly",
                "start": "99,0 % (Mensch)",
                "start_en": "99.0% (human)",
                "target": "mindestens 99,0 %",
                "target_en": "at least 99.0%",
                "method": "Stichprobe von 2 000 Feldern, doppelt geprüft",
                "method_en": "Sample of 2,000 fields, checked twice",
            },
            {
                "indicator": "Zeit je Formular",
                "indicator_en": "Time per form",
                "start": "95 Sekunden",
                "start_en": "95 seconds",
                "target": "höchstens 30 Sekunden",
                "target_en": "at most 30 seconds",
                "method": "Messung über vier Wochen",
                "method_en": "Measured over four weeks",
            },
        ],
        "non_goals": "Buchstaben, Unterschriften und ganze Sätze.",
        "datasets": [
            {
                "name": "Handschriftliche Ziffern (optdigits)",
                "name_en": "Handwritten digits (optdigits)",
                "origin": "Vorgedruckte Formulare von 43 Personen, UCI Machine Learning Repository",
                "origin_en": "Preprinted forms of 43 people, UCI Machine Learning Repository",
                "period": "1998",
                "period_en": "1998",
                "size": "1 797 Ziffern, je 8 × 8 Bildpunkte",
                "size_en": "1,797 digits, 8 × 8 pixels each",
                "format": "CSV, UTF-8",
                "format_en": "CSV, UTF-8",
                "language": "ohne Sprache",
                "language_en": "none",
                "quality": "von Hand beschriftet",
                "quality_en": "labelled by hand",
                "biases": "wenige Schreibende, gut lesbare Vorlagen",
                "biases_en": "few writers, well legible forms",
            }
        ],
    },
    english={
        **_CONTEST_ENGLISH,
        "problem": "60% of applications for housing benefit, vehicle deregistrations and lost-property notices "
        "arrive on paper. Four members of staff transfer customer numbers, amounts and dates into the "
        "specialist system. A form takes 95 seconds on average; every hundredth digit is wrong and is often "
        "noticed only in the decision letter.",
        "as_is": "1. The mail room scans the form.\n2. A clerk types the fields.\n3. A second person checks "
        "every tenth form.\n4. Errors are corrected by hand, mostly after a query.",
        "affected": "Four members of staff and about 60,000 citizens a year who wait for their decision.",
        "non_ai": "We examined online forms (they exist, 40% use them), boxes with example characters (do not "
        "halve the errors) and rule-based text recognition (fails on handwriting).",
        "goal": "A solution reads single digit fields and presents doubtful places for checking. People "
        "decide.",
        "non_goals": "Letters, signatures and whole sentences.",
    },
    reasoning="Das Verfahren liest einzelne Ziffern aus Formularfeldern. Es bewertet keine Person, trifft "
    "keine Entscheidung und fällt in keinen Bereich des Anhangs III.",
)

ROUTING = Statement(
    key="routing",
    title=(
        "Bürgeranfragen an die zuständige Stelle weiterleiten",
        "Routing citizens' requests to the office in charge",
    ),
    tagline=(
        "Wer uns schreibt, soll beim ersten Mal an der richtigen Stelle landen und erfahren, wo das ist.",
        "Whoever writes to us should reach the right office the first time, and learn which one it is.",
    ),
    answers={
        **_CONTEST,
        "footprint": "optional",
        "admin_level": "kreisfreie_stadt",
        "contact": "digital@beispielstadt.example",
        "wants": ["concept"],
        "deliverables": _CONCEPT_ONLY,
        "data_access": "synthetic",
        "data_licence": "CC0-1.0",
        "problem": "Im zentralen Postfach gehen jeden Tag 240 Anfragen ein. Ein Drittel wird zuerst an die "
        "falsche Stelle geleitet; dann dauert die Antwort neun statt drei Tage.",
        "as_is": "Zwei Beschäftigte lesen jede Nachricht und leiten sie weiter. Eine Liste mit 140 "
        "Zuständigkeiten hilft dabei; sie ist oft veraltet.",
        "affected_groups": ["staff", "citizens", "businesses"],
        "affected": "Alle, die der Stadt schreiben, und die Beschäftigten in 31 Ämtern.",
        "volume": 60_000,
        "effort_minutes": "4",
        "effort_fte": "2",
        "non_ai": "Ein Formular mit Auswahlliste gibt es. Die meisten schreiben trotzdem eine freie "
        "Nachricht, weil sie die Zuständigkeit nicht kennen.",
        "goal": "Ein Vorschlag für die zuständige Stelle mit Begründung, und eine Auskunft an die "
        "Absenderin oder den Absender, wohin die Anfrage gegangen ist.",
        "success": [
            {
                "indicator": "Anteil beim ersten Mal richtig",
                "indicator_en": "Share right the first time",
                "start": "67 %",
                "start_en": "67%",
                "target": "90 %",
                "target_en": "90%",
                "method": "Auszählung von 1 000 Anfragen",
                "method_en": "Count of 1,000 requests",
            }
        ],
        "datasets": [
            {
                "name": "Erfundene Anfragen",
                "name_en": "Invented requests",
                "origin": "selbst geschrieben",
                "origin_en": "written by ourselves",
                "period": "2026",
                "period_en": "2026",
                "size": "1 200 Texte",
                "size_en": "1,200 texts",
                "format": "CSV, UTF-8",
                "format_en": "CSV, UTF-8",
                "language": "Deutsch",
                "language_en": "German",
                "quality": "von zwei Personen zugeordnet",
                "quality_en": "labelled by two people",
                "biases": "keine Dialekte, kaum Schreibfehler",
                "biases_en": "no dialects, few spelling mistakes",
            }
        ],
    },
    english={
        **_CONTEST_ENGLISH,
        "problem": "240 requests a day arrive in the central mailbox. A third is first sent to the wrong "
        "office; the answer then takes nine days instead of three.",
        "as_is": "Two people read every message and forward it. A list of 140 responsibilities helps; it is "
        "often out of date.",
        "affected": "Everyone who writes to the city, and the staff of 31 offices.",
        "non_ai": "There is a form with a list to choose from. Most people write a free message all the same "
        "because they do not know who is in charge.",
        "goal": "A proposal for the office in charge with a reason, and a note to the sender saying where "
        "the request went.",
    },
    precheck={"pc7": ["interaction"]},
    reasoning="Das System antwortet der Absenderin oder dem Absender selbst und muss sich deshalb als KI zu "
    "erkennen geben. Es entscheidet über keinen Antrag.",
)

TICKETS = Statement(
    key="tickets",
    title=(
        "IT-Service-Desk: Anfragen vorsortieren",
        "IT service desk: triage of tickets",
    ),
    tagline=(
        "Störungsmeldungen sollen ohne Umweg bei den Menschen ankommen, die sie beheben können.",
        "Reports of faults should reach the people who can mend them without a detour.",
    ),
    wants_predictions=True,
    answers={
        **_CONTEST,
        "admin_level": "land",
        "contact": "servicedesk@landesit.example",
        "wants": ["concept", "predictions"],
        "model_card": "needed",
        "footprint": "optional",
        "self_check": "needed",
        "deliverables": _BOTH_DELIVERABLES,
        "data_access": "synthetic",
        "data_licence": "CC0-1.0",
        "topic": "TECH",
        "problem": "Der Service-Desk erhält 900 Meldungen am Tag. Jede wird von Hand einer von vier Gruppen "
        "zugeordnet. Bei jeder siebten ist das die falsche.",
        "as_is": "Drei Beschäftigte lesen, ordnen zu und leiten weiter. Falsch zugeordnete Meldungen kommen "
        "nach zwei Stunden zurück.",
        "affected_groups": ["staff", "agencies"],
        "affected": "22 000 Beschäftigte des Landes, die auf funktionierende Technik warten.",
        "volume": 220_000,
        "effort_minutes": "2",
        "effort_fte": "3",
        "error_today": "14",
        "non_ai": "Ein Formular mit Pflichtfeldern wurde ein Jahr lang erprobt: Die Hälfte wählte "
        "„Sonstiges“.",
        "goal": "Ein Vorschlag für die Gruppe mit einer Angabe, wie sicher er ist. Unsichere Meldungen liest "
        "weiter ein Mensch.",
        "success": [
            {
                "indicator": "Anteil richtig zugeordneter Meldungen",
                "indicator_en": "Share of tickets assigned correctly",
                "start": "86 %",
                "start_en": "86%",
                "target": "95 %",
                "target_en": "95%",
                "method": "Auszählung von 2 000 Meldungen",
                "method_en": "Count of 2,000 tickets",
            }
        ],
        "datasets": [
            {
                "name": "Erfundene Störungsmeldungen",
                "name_en": "Invented tickets",
                "origin": "aus Satzbausteinen erzeugt",
                "origin_en": "made from building blocks",
                "period": "2026",
                "period_en": "2026",
                "size": "400 Meldungen",
                "size_en": "400 tickets",
                "format": "CSV, UTF-8",
                "format_en": "CSV, UTF-8",
                "language": "Deutsch",
                "language_en": "German",
                "quality": "Zuordnung durch die Erzeugung bekannt",
                "quality_en": "labels known by construction",
                "biases": "gleichmäßiger verteilt als in Wirklichkeit",
                "biases_en": "more evenly spread than in reality",
            }
        ],
    },
    english={
        **_CONTEST_ENGLISH,
        "problem": "The service desk receives 900 tickets a day. Each is assigned to one of four groups by "
        "hand. For every seventh it is the wrong one.",
        "as_is": "Three people read, assign and forward. Wrongly assigned tickets come back after two hours.",
        "affected": "22,000 members of staff who wait for working technology.",
        "non_ai": "A form with mandatory fields was tried for a year: half of the people chose “other”.",
        "goal": "A proposal for the group with a statement of how certain it is. People go on reading the "
        "uncertain ones.",
    },
    reasoning="Das Verfahren ordnet Störungsmeldungen technischen Gruppen zu. Es bewertet weder Personen noch "
    "deren Leistung und liegt außerhalb des Anhangs III.",
)

LETTERS = Statement(
    key="letters",
    title=(
        "Posteingang: gescannte Schreiben klassifizieren",
        "Incoming mail: classify scanned letters",
    ),
    tagline=(
        "Gescannte Schreiben sollen am selben Tag beim richtigen Sachgebiet sein.",
        "Scanned letters should reach the right unit on the same day.",
    ),
    answers={
        "admin_level": "landkreis",
        "contact": "ki-wettbewerb@musterkreis.example",
        "topic": "GOVE",
        "languages": ["de"],
        "problem": "Die Poststelle sortiert 1 100 gescannte Schreiben am Tag von Hand.",
        "volume": 270_000,
    },
)

DECISIONS = Statement(
    key="decisions",
    title=("Bescheide anonymisieren", "Anonymising official decisions"),
    tagline=(
        "Bescheide sollen veröffentlicht werden können, ohne dass jemand darin erkannt wird.",
        "It should be possible to publish decisions without anybody being recognised in them.",
    ),
    answers={
        **ROUTING.answers,
        "problem": "Wir wollen Musterbescheide veröffentlichen. Namen, Anschriften und Aktenzeichen werden "
        "heute mit dem Stift geschwärzt: 25 Minuten je Bescheid.",
        "as_is": "Ausdrucken, schwärzen, scannen, durch eine zweite Person prüfen lassen.",
        "goal": "Ein Vorschlag, welche Stellen unkenntlich zu machen sind, mit Begründung je Stelle.",
        "affected": "Beschäftigte der Rechtsabteilung und alle Personen, die in Bescheiden vorkommen.",
        "non_ai": "Feste Suchlisten finden Namen aus dem Kopf des Bescheids, aber keine im Fließtext.",
        "volume": 4_000,
        "effort_minutes": "25",
        "effort_fte": "1.2",
    },
    english={
        **_CONTEST_ENGLISH,
        "problem": "We want to publish sample decisions. Today names, addresses and file numbers are blackened "
        "with a pen: 25 minutes per decision.",
        "as_is": "Print, blacken, scan, have a second person check.",
        "goal": "A proposal of the places to be made unrecognisable, with a reason for each.",
        "affected": "Staff of the legal department, and everyone who occurs in decisions.",
        "non_ai": "Fixed lists find names of the letterhead, but none in the running text.",
    },
    reasoning="Das Verfahren schlägt Textstellen zum Schwärzen vor; ein Mensch entscheidet über jede Stelle. "
    "Kein Bereich des Anhangs III ist berührt.",
)

ROADS = Statement(
    key="roads",
    title=("Straßenschäden auf Fotos erkennen", "Detecting road damage in photos"),
    tagline=(
        "Schlaglöcher sollen auf Fotos der Messfahrten gefunden werden, bevor sie gefährlich sind.",
        "Potholes should be found in photos of inspection drives before they become dangerous.",
    ),
    answers={
        **ROUTING.answers,
        "topic": "TRAN",
        "problem": "Zweimal im Jahr fährt ein Messwagen 640 km Kreisstraßen ab. 90 000 Fotos werden danach "
        "von Hand gesichtet; das dauert bis zur nächsten Fahrt.",
        "as_is": "Eine Person sieht Foto für Foto an und trägt Schäden in eine Karte ein.",
        "goal": "Fotos mit Schäden nach Schwere sortiert, die schwersten zuerst.",
        "affected": "Die Straßenmeisterei und alle, die auf Kreisstraßen unterwegs sind.",
        "non_ai": "Weniger Fotos lösen das Problem nicht: Schäden würden übersehen.",
        "volume": 90_000,
        "effort_minutes": "0.2",
        "effort_fte": "0.4",
    },
    english={
        **_CONTEST_ENGLISH,
        "problem": "Twice a year a vehicle inspects 640 km of district roads. 90,000 photos are then viewed by "
        "hand, which takes until the next drive.",
        "as_is": "One person views photo after photo and enters damage on a map.",
        "goal": "Photos with damage sorted by severity, the worst first.",
        "affected": "The road maintenance depot and everyone on district roads.",
        "non_ai": "Fewer photos do not solve the problem: damage would be overlooked.",
    },
    reasoning="Das Verfahren sortiert Fotos von Straßenoberflächen. Es steuert keine Anlage und ist kein "
    "Sicherheitsbauteil; Bereich 2 des Anhangs III ist deshalb nicht berührt.",
)

EMOTIONS = Statement(
    key="emotions",
    title=("Emotionserkennung am Arbeitsplatz", "Emotion recognition at work"),
    tagline=(
        "Kameras sollen erkennen, wie belastet Beschäftigte am Schalter sind.",
        "Cameras should recognise how strained staff at the counter are.",
    ),
    answers={
        **ROUTING.answers,
        "problem": "Am Schalter ist der Krankenstand hoch. Eine Auswertung der Mimik soll Belastung früh "
        "zeigen.",
        "as_is": "Belastung wird in Gesprächen besprochen, zweimal im Jahr.",
        "goal": "Eine Anzeige der Belastung je Arbeitsplatz.",
        "affected": "45 Beschäftigte am Schalter.",
        "non_ai": "Häufigere Gespräche wurden nicht erprobt.",
        "volume": 45,
        "effort_minutes": "60",
        "effort_fte": "0.1",
    },
    english=_CONTEST_ENGLISH,
    precheck={"pc2": ["emotion"], "pc4": ["4"], "pc5": "no", "pc6": "yes", "pc9a": "yes"},
    reasoning="Die Auswertung der Mimik soll der Gesundheit der Beschäftigten dienen und wird nicht für "
    "Beurteilungen verwendet.",
)
