"""Further texts of the demo: competition, terms, remarks of the jury, questions of the office."""

from __future__ import annotations

COMPETITION = {
    "name_de": "KI-Wettbewerb Verwaltung (Demo)",
    "name_en": "AI competition for public administration (demo)",
    "summary_de": "Behörden beschreiben, was sie im Alltag aufhält. Teams schlagen Lösungen mit KI vor. Eine "
    "unabhängige Jury und offene Messungen entscheiden, und die beste Lösung wird erprobt.",
    "summary_en": "Agencies describe what holds them up every day. Teams propose solutions with AI. An "
    "independent jury and open measurements decide, and the best solution is tried out.",
    "rules_de": """## Von der Frage zur Erprobung

1. Eine Behörde beschreibt ihr Problem und gibt Daten dazu.
2. Das Wettbewerbsbüro prüft Recht, Datenschutz und die KI-Verordnung und veröffentlicht die Problemstellung.
3. Teams laden Konzepte und Vorhersagedateien hoch und erhalten eine signierte Eingangsbestätigung.
4. Die Plattform misst Vorhersagedateien an verdeckten Referenzdaten. Die Jury bewertet Konzepte, ohne die Teams zu kennen.
5. Beides zusammen ergibt die Rangliste. Die Jury entscheidet, ein Mensch vergibt jeden Preis.
6. Alles, woraus das Ergebnis folgt, wird veröffentlicht.

## Was immer gilt

- Fristen enden auf die Sekunde genau; es zählt die Uhr des Servers.
- Fehlt eine Bewertung, zählt sie nie als null Punkte.
- Ein Fehler der Plattform kostet kein Team einen Versuch.
""",
    "rules_en": """## From the question to the trial

1. An agency describes its problem and provides data.
2. The competition office checks law, data protection and the AI Act and publishes the problem statement.
3. Teams upload concepts and prediction files and get a signed receipt.
4. The platform measures prediction files against hidden ground truth. The jury assesses concepts without knowing the teams.
5. Both together make the leaderboard. The jury decides; a person awards every prize.
6. Everything from which the result follows is published.

## What always holds

- Deadlines end to the second; the clock of the server counts.
- A missing assessment never counts as zero points.
- A fault of the platform costs no team a try.
""",
    "host": "KI-Kompetenzzentrum (Demo)",
}

TERMS = {
    "text_de": """### 1. Teilnahme
Teilnehmen können natürliche Personen, Unternehmen, Hochschulen und Vereine. Beschäftigte des Veranstalters und der Behörde, Mitglieder der Jury und ihre Angehörigen sind ausgeschlossen.

### 2. Einreichung
Es zählt die letzte Fassung, die vor Ablauf der Frist vollständig eingegangen ist. Maßgeblich ist die Uhr des Servers. Was eingereicht ist, wird nicht mehr verändert.

### 3. Anonymität
Die Jury kennt Einreichungen nur unter einem Decknamen. Nennen Sie in Titeln, Texten und Dokumenten weder Ihr Team noch Ihre Organisation.

### 4. Bewertung
Bewertet wird allein nach dem veröffentlichten Raster und den veröffentlichten Metriken. Gleiche Punkte teilen sich einen Rang.

### 5. Rechte
Alle Rechte bleiben beim Team, soweit die Problemstellung nichts anderes sagt. Mit der Einreichung darf die Behörde sie prüfen.

### 6. Datenschutz
Wir verarbeiten Name und E-Mail-Adresse, um den Wettbewerb durchzuführen (Art. 6 Abs. 1 Buchst. e DSGVO).
""",
    "text_en": """### 1. Taking part
Natural persons, companies, universities and associations may take part. Staff of the organiser and of the agency, members of the jury and their relatives are excluded.

### 2. Submission
The last version that was received completely before the deadline counts. The clock of the server decides. What was handed in is not changed any more.

### 3. Anonymity
The jury knows submissions by a pseudonym only. Name neither your team nor your organisation in titles, texts and documents.

### 4. Assessment
Only the published rubric and the published metrics count. Equal points share a rank.

### 5. Rights
All rights stay with the team unless the problem statement says otherwise. By handing in you allow the agency to examine your work.

### 6. Data protection
We process name and e-mail address to run the competition (Art. 6(1)(e) GDPR).
""",
}

EXCUSE = "Für die Demo bewusst so gewählt."

QUESTIONS = {
    "problem": "Wie viele Schäden werden heute übersehen? Eine Schätzung mit Herleitung genügt.",
    "data": "Zeigen die Fotos Kennzeichen oder Gesichter? Bitte beschreiben Sie, wie sie unkenntlich "
    "gemacht werden.",
}

REQUESTS = (
    "Wann wird die Straßenlaterne in der Gartenstraße wieder repariert?",
    "Ich brauche eine Geburtsurkunde für die Anmeldung zur Eheschließung.",
    "Wo melde ich mein Gewerbe um, wenn ich umziehe?",
    "Die Mülltonne wurde zum zweiten Mal nicht geleert.",
    "Welche Unterlagen brauche ich für Wohngeld?",
    "Kann ich den Schulplatz meiner Tochter noch tauschen?",
    "Auf dem Spielplatz am Anger ist eine Schaukel gerissen.",
    "Wie lange dauert die Zulassung eines Anhängers?",
)

_REMARKS = {
    1: "Dazu sagt das Konzept nichts Belastbares.",
    2: "Ansatz erkennbar, die Begründung fehlt noch.",
    3: "Nachvollziehbar; wir hätten gern eine Messung gesehen.",
    4: "Überzeugend hergeleitet und gut auf unseren Alltag übertragbar.",
    5: "Vorbildlich, mit eigenen Messwerten belegt.",
}


def remark(level: int, position: int) -> str:
    """Return a comment to the team for the first criterion; others need none."""
    return _REMARKS[level] if position == 1 else ""


REASONS = (
    "Die Jury folgt der veröffentlichten Rangfolge. Sie hat die ersten drei Konzepte noch einmal "
    "gemeinsam gelesen und keinen Grund gefunden, davon abzuweichen. Ausschlaggebend war, wie ehrlich die "
    "Lösungen mit Zweifelsfällen umgehen.",
    "The jury follows the published ranking. It read the first three concepts once more together "
    "and found no reason to depart from it. What tipped the balance was how honestly the solutions deal with "
    "doubtful cases.",
)
# For the ranking that the data give: k-nearest neighbours, logistic regression, support vectors.
PRIZES = (
    (
        20_000,
        "Jedes Ergebnis lässt sich an Vorbildern nachvollziehen, auch ohne Vorkenntnisse. Neue Schreibweisen "
        "lernt das Verfahren im Betrieb.",
        "Every result can be followed by examples, even without previous knowledge. The solution learns new "
        "handwritings in operation.",
    ),
    (
        10_000,
        "Liest zuverlässig, und wo es zweifelt, fragt es. Der Aufwand für die Prüfung ist gerechnet und "
        "glaubhaft.",
        "Reads reliably, and where it is unsure, it asks. The effort for checking is calculated and credible.",
    ),
    (
        5_000,
        "Sehr genau gemessen; die Grenzen sind offen benannt.",
        "Measured very precisely; the limits are stated openly.",
    ),
)
OBJECTION = (
    "Bei „Betrieb und Datenschutz“ fehlt uns der Hinweis auf unseren Abschnitt 4. Bitte prüfen Sie,"
    " ob er gelesen wurde.",
    "Abschnitt 4 lag allen Jurymitgliedern vor; drei Bemerkungen gehen auf ihn ein. Die Stufen"
    " entsprechen ihren Ankertexten. Das Ergebnis bleibt.",
)
ELIGIBLE = "Erklärungen und Angaben zur Organisation liegen vor."
PILOT = (
    "Sechs Monate Erprobung in zwei Sachgebieten des Landratsamts.",
    "Six months of trial in two units of the district office.",
)

# The jury's meeting; the one who takes the minutes is its only guest.
CLERK = "führt das Protokoll"
MOTION = "Die Einreichung erhält den {place}. Preis."
NOTES = (
    "Die Jury lobt, dass das Modell im eigenen Haus läuft. Offen bleibt, wer es betreut.",
    "Gefragt wurde nach dem Umgang mit unleserlichen Feldern; das Konzept nennt eine Nachprüfung.",
    "Die Noten zum Nutzen gingen auseinander. Nach der Aussprache sieht die Jury Stufe 4.",
)
CLEARER = (
    "Was wird für Beschäftigte oder Bürgerinnen und Bürger spürbar besser, und woran merken sie es?",
    "Mehrere Teams haben gefragt, ob eine Behauptung genügt. Gemeint war immer ein Beleg.",
    "Several teams asked whether a claim is enough. What was meant was always evidence.",
)
REOPENED = "Der Kommentar zum Ganzen fehlte; die Stufen bleiben, wie sie sind."
ADDED = "Die Stufen stützen sich auf Abschnitt 3; die Messung dort ist nachvollziehbar beschrieben."
MINUTES = (
    "Offen bleibt, wer die Modelle nach dem Pilotbetrieb betreut; das Amt klärt es bis zum Vertrag."
)
