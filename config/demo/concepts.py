"""Concept documents of the demo teams: short, written for this demo, without team names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Concept:
    """Title, summary and sections (heading, paragraphs) of a concept, in German."""

    title: str
    summary: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]


_OPERATION = (
    "Betrieb und Datenschutz",
    (
        "Das Programm läuft auf einem Linux-Server des Landes, braucht keine Grafikkarte und keine "
        "Verbindung nach außen. Bilder werden nach der Auswertung verworfen, gespeichert wird nur die "
        "gelesene Ziffer mit ihrer Sicherheit.",
        "Protokolle enthalten keine Inhalte. Ein Betriebshandbuch mit zwölf Seiten beschreibt Einrichtung, "
        "Aktualisierung und den Weg zurück zum heutigen Verfahren.",
    ),
)

DIGITS: dict[str, Concept] = {
    "majority": Concept(
        "Die häufigste Ziffer als Maßstab",
        "Wir antworten immer mit der häufigsten Ziffer. Das ist keine Lösung, sondern der Maßstab, an dem "
        "sich jede Lösung messen lassen muss.",
        (
            (
                "Idee",
                (
                    "Wer ein Verfahren beurteilen will, muss wissen, was Nichtstun leistet. Unsere Abgabe "
                    "antwortet für jedes Feld mit derselben Ziffer.",
                ),
            ),
            (
                "Grenzen",
                ("Neun von zehn Feldern sind falsch. Das Verfahren kennt keine Unsicherheit.",),
            ),
            _OPERATION,
        ),
    ),
    "nearest_centroid": Concept(
        "Zehn Musterbilder",
        "Aus den Trainingsdaten entsteht für jede Ziffer ein mittleres Bild. Ein neues Feld bekommt die "
        "Ziffer des ähnlichsten Musters.",
        (
            (
                "Wie es arbeitet",
                (
                    "Für jede Ziffer bilden wir das mittlere Bild aus 8 × 8 Punkten. Der Abstand zum nächsten "
                    "und zum zweitnächsten Muster zeigt, wie klar die Entscheidung ist.",
                    "Liegt der Unterschied unter einer Schwelle, geht das Feld an einen Menschen. In den "
                    "Trainingsdaten betrifft das 12 von 100 Feldern.",
                ),
            ),
            (
                "Was es nicht kann",
                (
                    "Ungewöhnliche Schreibweisen, etwa die Sieben mit Querstrich, werden oft verfehlt.",
                ),
            ),
            _OPERATION,
        ),
    ),
    "naive_bayes": Concept(
        "Einfache Wahrscheinlichkeiten",
        "Jeder Bildpunkt stimmt für eine Ziffer. Das Verfahren ist auf einer Seite erklärt und in einer "
        "Sekunde trainiert.",
        (
            (
                "Wie es arbeitet",
                (
                    "Für jede Ziffer und jeden Bildpunkt schätzen wir, wie dunkel er üblicherweise ist. Die "
                    "Wahrscheinlichkeiten werden multipliziert.",
                ),
            ),
            (
                "Was es nicht kann",
                (
                    "Benachbarte Bildpunkte hängen zusammen; das Verfahren tut so, als wäre das nicht der "
                    "Fall. Seine Sicherheitsangaben sind deshalb zu hoch und werden nachträglich gedämpft.",
                ),
            ),
            _OPERATION,
        ),
    ),
    "logistic_regression": Concept(
        "Lesen, zweifeln, fragen",
        "Ein lineares Verfahren mit ehrlichen Wahrscheinlichkeiten: Es liest, und wo es zweifelt, fragt es.",
        (
            (
                "Wie das Verfahren Zweifel erkennt",
                (
                    "Zu jedem Feld entsteht eine Wahrscheinlichkeit je Ziffer. Liegt die höchste unter 0,97, "
                    "legt das Programm den Bildausschnitt einer Person vor.",
                    "Bei dieser Schwelle werden 4 von 100 Feldern vorgelegt. Für 180 000 Formulare im Jahr "
                    "sind das 11 Minuten Prüfzeit am Tag.",
                ),
            ),
            (
                "Nutzen im Alltag",
                (
                    "Die Sachbearbeitung sieht das Original, den Vorschlag und die Sicherheit nebeneinander. "
                    "Ein Tastendruck bestätigt.",
                ),
            ),
            (
                "Was es nicht kann",
                (
                    "Durchgestrichene und überschriebene Ziffern. 92 % davon fallen unter die Schwelle.",
                ),
            ),
            _OPERATION,
        ),
    ),
    "k_nearest_neighbours": Concept(
        "Kleine Modelle im Rathausnetz",
        "Jede Antwort zeigt die fünf ähnlichsten Felder aus den Trainingsdaten. So lässt sich jedes einzelne "
        "Ergebnis nachvollziehen.",
        (
            (
                "Wie es arbeitet",
                (
                    "Ein neues Feld wird mit allen bekannten Feldern verglichen. Die fünf ähnlichsten stimmen "
                    "ab. Sind sie sich einig, gilt das Ergebnis als sicher.",
                    "Wer ein Ergebnis anzweifelt, sieht die fünf Vorbilder. Das verstehen auch Menschen ohne "
                    "Vorkenntnisse.",
                ),
            ),
            (
                "Nutzen im Alltag",
                (
                    "Neue Schreibweisen lernt das Verfahren, indem berichtigte Felder dazukommen. Ein neues "
                    "Training ist nicht nötig.",
                ),
            ),
            (
                "Was es nicht kann",
                (
                    "Es wird mit der Zahl der Vorbilder langsamer: 3 Millisekunden je Feld bei 10 000.",
                ),
            ),
            _OPERATION,
        ),
    ),
    "rbf_svm": Concept(
        "Trennen, wo es knapp wird",
        "Das Verfahren lernt die Grenze zwischen ähnlichen Ziffern besonders genau und prüft sich an "
        "zurückgehaltenen Daten.",
        (
            (
                "Wie es arbeitet",
                (
                    "Zwischen je zwei Ziffern wird die Grenze gesucht, die den größten Abstand zu beiden hat. "
                    "Einstellungen wurden fünffach kreuzvalidiert.",
                ),
            ),
            (
                "Unsicherheit",
                (
                    "Felder nahe an einer Grenze werden vorgelegt. Der Anteil ist einstellbar; die Wirkung "
                    "zeigt eine Tabelle im Anhang.",
                ),
            ),
            (
                "Was es nicht kann",
                ("Warum eine Grenze so liegt, lässt sich nur näherungsweise erklären.",),
            ),
            _OPERATION,
        ),
    ),
}

ROUTING: dict[str, Concept] = {
    "luchs": Concept(
        "Erst nachschlagen, dann vorschlagen",
        "Die Anfrage wird mit dem Aufgabenplan der Stadt verglichen; die drei passendsten Stellen werden mit "
        "Fundstelle vorgeschlagen.",
        (
            (
                "Wie es arbeitet",
                (
                    "Der Aufgabenplan wird in Abschnitte zerlegt. Zu jeder Anfrage suchen wir die ähnlichsten "
                    "Abschnitte und nennen die Stelle, der sie gehören.",
                ),
            ),
            (
                "Auskunft",
                ("Die Antwort an die Absenderin sagt, dass ein Programm geantwortet hat.",),
            ),
            _OPERATION,
        ),
    ),
    "dachs": Concept(
        "Wegweiser mit Gegenprobe",
        "Zwei unabhängige Verfahren schlagen eine Stelle vor. Nur wenn sie übereinstimmen, geht die Anfrage "
        "ohne Umweg weiter.",
        (
            (
                "Wie es arbeitet",
                ("Ein Verfahren zählt Wörter, das andere vergleicht Bedeutungen.",),
            ),
            ("Pflege", ("Ändert sich eine Zuständigkeit, genügt ein Eintrag in einer Tabelle.",)),
            _OPERATION,
        ),
    ),
    "biber": Concept(
        "Rückfrage vor Weiterleitung",
        "Fehlt eine Angabe, fragt das System einmal nach, bevor es weiterleitet.",
        (
            (
                "Wie es arbeitet",
                ("Zu jeder Stelle gehört eine kurze Liste dessen, was sie braucht.",),
            ),
            ("Grenzen", ("Mehr als eine Rückfrage stellt das System nicht.",)),
            _OPERATION,
        ),
    ),
    "reiher": Concept(
        "Zuständigkeit als Karte",
        "Alle Anfragen eines Jahres liegen auf einer Karte; Häufungen zeigen, wo der Aufgabenplan unklar ist.",
        (
            (
                "Wie es arbeitet",
                ("Ähnliche Anfragen liegen nah beieinander, jede Stelle hat ein Gebiet.",),
            ),
            ("Nutzen", ("Die Karte zeigt der Leitung, wo sich eine Klarstellung lohnt.",)),
            _OPERATION,
        ),
    ),
    "fuchs": Concept(
        "Zuerst die häufigen Fälle",
        "Für die zwanzig häufigsten Anliegen gibt es feste Wege; alles andere liest ein Mensch.",
        (
            (
                "Wie es arbeitet",
                ("Feste Wege beginnen mit Wörtern, die in anderen Anliegen kaum vorkommen.",),
            ),
            ("Grenzen", ("Seltene Anliegen werden nicht schneller als heute.",)),
            _OPERATION,
        ),
    ),
    "igel": Concept(
        "In einem Satz",
        "Das System fasst jede Anfrage in einem Satz zusammen und schlägt dazu eine Stelle vor.",
        (
            (
                "Wie es arbeitet",
                ("Der Satz besteht aus Wörtern der Anfrage; erfunden wird nichts.",),
            ),
            ("Nutzen", ("Wer weiterleitet, liest einen Satz statt einer Seite.",)),
            _OPERATION,
        ),
    ),
}

TICKETS = Concept(
    "Vier Gruppen, ein Blick",
    "Wörter und ihre Nachbarn entscheiden über die Gruppe; bei Zweifeln entscheidet ein Mensch.",
    (
        ("Wie es arbeitet", ("Häufige Wortpaare werden gezählt und gewichtet.",)),
        ("Grenzen", ("Meldungen mit weniger als fünf Wörtern werden immer vorgelegt.",)),
        _OPERATION,
    ),
)


# The data and model card, and the self-check, of everybody who sorts the reports of faults.
CARD: Final = {
    "purpose": "Schlägt für jede Störungsmeldung eine der vier Gruppen vor. Nicht gedacht für Meldungen "
    "über Personen und nicht für andere Sprachen als Deutsch.",
    "model": "Wörter und Wortpaare, gewichtet; lineares Modell aus scikit-learn (BSD-3-Clause). Kein "
    "vortrainiertes Sprachmodell.",
    "data": "Nur die Trainingsdaten der Problemstellung (CC0), künstlich erzeugt, ohne Personenbezug.",
    "quality": "Fünffach kreuzvalidiert, 87 % ausgewogene Genauigkeit. Am schlechtesten bei kurzen "
    "Meldungen unter fünf Wörtern (71 %).",
    "limits": "Meldungen mit zwei Störungen bekommen nur eine Gruppe. Neue Fachverfahren kennt das Modell "
    "erst nach neuem Training.",
    "oversight": "Unter 60 % Sicherheit entscheidet ein Mensch. Jede Korrektur wird gespeichert; die "
    "Automatik lässt sich je Gruppe abschalten.",
    "energy": "Training 4 Sekunden auf einem Rechenkern, je Meldung unter 1 ms.",
}


def footprint(number: int) -> dict[str, str | None]:
    """Return a declared footprint that differs from team to team."""
    services = (
        "keine",
        "keine",
        "Rechenleistung eines Anbieters in Frankfurt am Main; übertragen werden nur die Eingaben.",
    )
    return {
        "train_energy": f"{0.2 + number % 9 * 0.4:.2f}",
        "use_cost": f"{0.01 + number % 7 * 0.06:.2f}",
        "size": ("0", "1", "12", "110")[number % 4],
        "licence": ("EUPL-1.2", "Apache-2.0", "MIT")[number % 3],
        "services": services[number % len(services)],
    }


SELF_CHECK: Final = {
    "pc1": "yes",
    "pc2": ["none"],
    "pc3": "no",
    "pc4": ["none"],
    "pc7": ["none"],
    "pc8": "no",
    "pc9a": "no",
    "pc9b": "no",
}
