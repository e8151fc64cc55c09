"""Ready-made rubrics to copy from, not to link to (Q-4); their texts are in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class PresetCriterion:
    """A criterion with levels 1 to 5: pairs of German and English texts."""

    name: tuple[str, str]
    description: tuple[str, str]
    weight: str
    anchors: tuple[tuple[str, str], ...]
    may_abstain: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole rubric; the weights add up to 100."""

    key: str
    label: Any
    note: Any
    criteria: tuple[PresetCriterion, ...]


CONCEPT = Preset(
    key="concept",
    label=_("Concepts: four criteria"),
    note=_("For written concepts about a tool that works beside people in an office."),
    criteria=(
        PresetCriterion(
            ("Nutzen im Alltag", "Everyday benefit"),
            (
                "Was wird für Beschäftigte oder Bürgerinnen und Bürger spürbar besser?",
                "What becomes noticeably better for staff or citizens?",
            ),
            "30",
            (
                ("Kein Nutzen für das Amt erkennbar.", "No benefit for the office can be seen."),
                (
                    "Nutzen behauptet, aber nicht gerechnet.",
                    "A benefit is claimed but not calculated.",
                ),
                (
                    "Spart Zeit an einer Stelle; der Ablauf muss angepasst werden.",
                    "Saves time in one place; the procedure has to be adapted.",
                ),
                (
                    "Spart nachweislich Zeit und passt in den heutigen Ablauf.",
                    "Demonstrably saves time and fits into today's procedure.",
                ),
                (
                    "Wie 4, dazu mit eigenen Messwerten belegt und auf andere Ämter übertragbar.",
                    "As 4, and proven by own measurements and transferable to other offices.",
                ),
            ),
        ),
        PresetCriterion(
            ("Umgang mit Unsicherheit", "Handling of uncertainty"),
            (
                "Wie geht die Lösung mit Fällen um, in denen sie nicht sicher ist?",
                "How does the solution deal with cases in which it is not sure?",
            ),
            "25",
            (
                ("Zweifelsfälle werden nicht erkannt.", "Doubtful cases are not recognised."),
                (
                    "Eine Sicherheitsangabe ist da, ihre Güte bleibt offen.",
                    "A confidence is stated, its quality stays open.",
                ),
                (
                    "Zweifelsfälle werden vorgelegt; die Schwelle ist fest.",
                    "Doubtful cases are shown to a person; the threshold is fixed.",
                ),
                (
                    "Schwelle einstellbar, Fehler unter der Schwelle gemessen.",
                    "The threshold can be set, errors below it are measured.",
                ),
                (
                    "Wie 4, dazu zeigt das Konzept, wie viele Fälle Menschen noch prüfen müssen.",
                    "As 4, and the concept shows how many cases people still have to check.",
                ),
            ),
        ),
        PresetCriterion(
            ("Nachvollziehbarkeit", "Comprehensibility"),
            (
                "Verstehen Betroffene und Beschäftigte, wie ein Ergebnis entsteht?",
                "Do those concerned and the staff understand how a result comes about?",
            ),
            "20",
            (
                ("Der Weg zum Ergebnis bleibt unklar.", "The way to the result stays unclear."),
                (
                    "Verfahren genannt, Grenzen fehlen.",
                    "The method is named, its limits are missing.",
                ),
                (
                    "Verfahren und Grenzen sind für Fachleute verständlich.",
                    "Method and limits are understandable for experts.",
                ),
                (
                    "Auch Beschäftigte im Amt verstehen Ergebnis und Grenzen.",
                    "Staff in the office understand result and limits as well.",
                ),
                (
                    "Wie 4, dazu lässt sich jedes einzelne Ergebnis nachvollziehen.",
                    "As 4, and every single result can be traced.",
                ),
            ),
        ),
        PresetCriterion(
            ("Betrieb und Datenschutz", "Operation and data protection"),
            (
                "Wo läuft die Lösung, was kostet sie, welche Daten braucht sie?",
                "Where does the solution run, what does it cost, which data does it need?",
            ),
            "25",
            (
                (
                    "Daten verlassen das Land oder der Betrieb ist ungeklärt.",
                    "Data leave the state, or the operation is not clarified.",
                ),
                (
                    "Betrieb im Land geplant, Aufwand nicht beziffert.",
                    "Operation in the state is planned, the effort is not stated.",
                ),
                (
                    "Läuft im Rechenzentrum des Landes, Aufwand grob beziffert.",
                    "Runs in the state's data centre, the effort is roughly stated.",
                ),
                (
                    "Läuft dort mit vorhandener Technik; Löschfristen sind geregelt.",
                    "Runs there on existing technology; deletion periods are settled.",
                ),
                (
                    "Wie 4, dazu mit Betriebshandbuch und geprüftem Ausstiegsweg.",
                    "As 4, with an operating manual and a tested way out.",
                ),
            ),
            may_abstain=True,
        ),
    ),
)

PROTOTYPE = Preset(
    key="prototype",
    label=_("Prototypes: five criteria"),
    note=_("For working prototypes that people outside the office use as well."),
    criteria=(
        PresetCriterion(
            ("Wirkung", "Effect"),
            (
                "Löst der Prototyp das beschriebene Problem?",
                "Does the prototype solve the problem that was described?",
            ),
            "30",
            (
                ("Löst ein anderes Problem.", "Solves another problem."),
                ("Löst einen kleinen Teil.", "Solves a small part."),
                ("Löst den Kern, mit Einschränkungen.", "Solves the core, with limits."),
                ("Löst das Problem wie beschrieben.", "Solves the problem as described."),
                (
                    "Wie 4, dazu gemessen an echten Fällen.",
                    "As 4, and measured on real cases.",
                ),
            ),
        ),
        PresetCriterion(
            ("Reife", "Maturity"),
            (
                "Wie nah ist der Prototyp an einer Erprobung im Amt?",
                "How close is the prototype to a trial in an office?",
            ),
            "25",
            (
                ("Nur eine Idee oder Bilder.", "Only an idea or pictures."),
                ("Einzelne Teile laufen.", "Single parts run."),
                (
                    "Läuft von Anfang bis Ende mit Beispieldaten.",
                    "Runs from start to end with sample data.",
                ),
                (
                    "Läuft stabil, auch mit fehlerhaften Eingaben.",
                    "Runs reliably, with faulty input as well.",
                ),
                (
                    "Wie 4, dazu mit Tests, Dokumentation und Plan für die Erprobung.",
                    "As 4, with tests, documentation and a plan for the trial.",
                ),
            ),
        ),
        PresetCriterion(
            ("Verantwortungsvolle KI", "Responsible AI"),
            (
                "Sind Fairness, Transparenz und Aufsicht durch Menschen bedacht?",
                "Are fairness, transparency and human oversight considered?",
            ),
            "20",
            (
                ("Nicht bedacht.", "Not considered."),
                ("Erwähnt, ohne Folgen für die Lösung.", "Mentioned, without any consequence."),
                ("Risiken benannt, erste Maßnahmen.", "Risks named, first measures."),
                (
                    "Maßnahmen umgesetzt, Menschen entscheiden.",
                    "Measures implemented, people decide.",
                ),
                (
                    "Wie 4, dazu Wirkung je Gruppe gemessen und offengelegt.",
                    "As 4, and the effect per group is measured and published.",
                ),
            ),
            may_abstain=True,
        ),
        PresetCriterion(
            ("Bedienung und Barrierefreiheit", "Use and accessibility"),
            (
                "Können alle Beteiligten die Lösung bedienen?",
                "Can everybody concerned use the solution?",
            ),
            "15",
            (
                ("Nur für Fachleute bedienbar.", "Usable by experts only."),
                ("Mit Einweisung bedienbar.", "Usable after instruction."),
                (
                    "Selbsterklärend, mit Lücken bei der Barrierefreiheit.",
                    "Self-explanatory, with gaps in accessibility.",
                ),
                (
                    "Selbsterklärend und mit Tastatur und Vorlesehilfe bedienbar.",
                    "Self-explanatory, and usable with keyboard and screen reader.",
                ),
                (
                    "Wie 4, dazu mit Betroffenen getestet und in Leichter Sprache.",
                    "As 4, tested with those concerned and in easy-to-read language.",
                ),
            ),
        ),
        PresetCriterion(
            ("Betrieb und Folgekosten", "Operation and running costs"),
            (
                "Lässt sich die Lösung mit vertretbarem Aufwand betreiben?",
                "Can the solution be operated with reasonable effort?",
            ),
            "10",
            (
                ("Betrieb ungeklärt.", "Operation not clarified."),
                (
                    "Abhängig von einem Anbieter, Kosten offen.",
                    "Depends on one vendor, costs open.",
                ),
                ("Kosten grob beziffert.", "Costs roughly stated."),
                (
                    "Kosten beziffert, läuft auf vorhandener Technik.",
                    "Costs stated, runs on existing technology.",
                ),
                (
                    "Wie 4, dazu quelloffen und nachnutzbar.",
                    "As 4, open source and reusable.",
                ),
            ),
            may_abstain=True,
        ),
    ),
)

PRESETS = {preset.key: preset for preset in (CONCEPT, PROTOTYPE)}
