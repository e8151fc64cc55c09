"""People, agencies and teams of the demo. All are invented; their addresses receive no mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.queries import DEMO_DOMAIN

OFFICE = {"ada": "Ada Amsel", "anton": "Anton Adler"}
AGENCY_STAFF = {
    "bea": ("Bea Buntspecht", "musterkreis"),
    "boris": ("Boris Bussard", "beispielstadt"),
    "berta": ("Berta Bachstelze", "landesit"),
}
AGENCIES = {
    "musterkreis": (
        "Landratsamt Musterkreis",
        "Der Musterkreis hat 310 000 Einwohnerinnen und Einwohner und 1 200 Beschäftigte. Er ist erfunden.",
        "The district has 310,000 inhabitants and a staff of 1,200. It is invented.",
    ),
    "beispielstadt": (
        "Beispielstadt",
        "Eine erfundene kreisfreie Stadt mit 31 Ämtern.",
        "An invented independent city with 31 offices.",
    ),
    "landesit": (
        "Landesbetrieb für Informationstechnik (Demo)",
        "Betreibt in dieser Demo die Technik des Landes.",
        "Runs the technology of the state in this demo.",
    ),
}
# By key: name, organisation, field and role.
JURORS = {
    "frida": ("Frida Falke", "Technische Hochschule Nordtal", "Maschinelles Lernen", "chair"),
    "felix": ("Felix Fink", "Kommunalverband Demo", "Verwaltungsabläufe", "juror"),
    "fatma": ("Fatma Flamingo", "Institut für Barrierefreiheit", "Barrierefreiheit", "juror"),
    "finn": ("Finn Fitis", "Verbraucherrat Demo", "Datenschutz", "juror"),
    "flora": ("Flora Feldlerche", "Landratsamt Nachbarkreis", "Fachverfahren", "deputy"),
}
# Which fields of the statement they know.
TAGS = {
    "frida": ("Maschinelles Lernen",),
    "felix": ("Fachverfahren und Alltag der Verwaltung",),
    "fatma": ("Fachverfahren und Alltag der Verwaltung", "Datenschutz"),
    "finn": ("Datenschutz",),
    "flora": ("Fachverfahren und Alltag der Verwaltung", "Maschinelles Lernen"),
}
# Asked as well: one has no time, one (who posts another statement) has not answered, one waits to
# step in. By key: name, organisation, field, role and answer.
INVITED = {
    "fenja": ("Fenja Feldsperling", "Hochschule Südtal", "Verwaltungsrecht", "juror", "no"),
    "berta": ("", "Landesbetrieb für Informationstechnik (Demo)", "IT-Betrieb", "juror", ""),
    "falko": ("Falko Fasan", "Stadtwerke Demo", "IT-Betrieb", "substitute", "yes"),
}


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """A team: public name, organisation, captain and members by key and name."""

    name: str
    organisation: str
    captain: tuple[str, str]
    members: tuple[tuple[str, str], ...] = ()


# Six teams read digits, each with the model that its key names.
DIGIT_TEAMS = {
    "majority": DemoTeam("Team Nulllinie", "", ("greta", "Greta Grasmücke")),
    "nearest_centroid": DemoTeam("Zehn Muster", "Berufsschule Demo", ("hugo", "Hugo Haubenmeise")),
    "naive_bayes": DemoTeam("Bayes & Söhne", "Büro für Statistik", ("ines", "Ines Irrgast")),
    "logistic_regression": DemoTeam(
        "Klare Kante",
        "Hochschule Südtal",
        ("cem", "Cem Chukarhuhn"),
        (("dora", "Dora Dohle"),),
    ),
    "k_nearest_neighbours": DemoTeam(
        "Gute Nachbarn", "Offene Werkstatt e. V.", ("emil", "Emil Eisvogel")
    ),
    "rbf_svm": DemoTeam(
        "Grenzgang", "Institut für Mustererkennung", ("jana", "Jana Jungfernkranich")
    ),
}
ROUTING_TEAMS = {
    "luchs": DemoTeam("Wegweiser", "Hochschule Südtal", ("kira", "Kira Kiebitz")),
    "dachs": DemoTeam("Doppelte Probe", "Kommunalverband Demo", ("leo", "Leo Lachmöwe")),
    "biber": DemoTeam("Nachgefragt", "", ("mira", "Mira Mauersegler")),
    "reiher": DemoTeam("Kartenhaus", "Büro für Karten", ("nico", "Nico Nachtigall")),
    "fuchs": DemoTeam("Kurzer Draht", "Gemeindetag Demo", ("otto", "Otto Ortolan")),
    "igel": DemoTeam("Ein Satz genügt", "", ("rolf", "Rolf Rohrsänger")),
}

# Two that still form: somebody asks to join the first, which would like to take in the second.
FORMING_TEAMS = {
    "slips": DemoTeam("Laufzettel", "Volkshochschule Demo", ("rike", "Rike Rotkehlchen")),
    "whisper": DemoTeam("Stille Post", "", ("pia", "Pia Pirolfeder")),
}


def person(key: str, group: str, name: str, *, language: str = "de", **fields: Any) -> User:
    """Make a person with a confirmed address; groups have domains of their own.

    A shared domain would be taken for a shared employer: jurors and teams would be in conflict.
    """
    return User.objects.create_user(
        f"{key}@{group}.{DEMO_DOMAIN}", name=name, language=language, is_confirmed=True, **fields
    )
