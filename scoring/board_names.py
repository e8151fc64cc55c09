"""Names on anonymous leaderboards: a random constellation for each entry, in Latin everywhere.

Unlike the trees before the jury, so that nobody can look one name up by the other.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Collection
from typing import Final

CONSTELLATIONS: Final = (
    "Andromeda", "Antlia", "Apus", "Aquarius", "Aquila", "Ara", "Aries", "Auriga", "Bootes",
    "Caelum", "Camelopardalis", "Cancer", "Canes Venatici", "Canis Major", "Canis Minor",
    "Capricornus", "Carina", "Cassiopeia", "Centaurus", "Cepheus", "Cetus", "Chamaeleon",
    "Circinus", "Columba", "Coma Berenices", "Corona Australis", "Corona Borealis", "Corvus",
    "Crater", "Crux", "Cygnus", "Delphinus", "Dorado", "Draco", "Equuleus", "Eridanus", "Fornax",
    "Gemini", "Grus", "Hercules", "Horologium", "Hydra", "Hydrus", "Indus", "Lacerta", "Leo",
    "Leo Minor", "Lepus", "Libra", "Lupus", "Lynx", "Lyra", "Mensa", "Microscopium", "Monoceros",
    "Musca", "Norma", "Octans", "Ophiuchus", "Orion", "Pavo", "Pegasus", "Perseus", "Phoenix",
    "Pictor", "Pisces", "Piscis Austrinus", "Puppis", "Pyxis", "Reticulum", "Sagitta",
    "Sagittarius", "Scorpius", "Sculptor", "Scutum", "Serpens", "Sextans", "Taurus",
    "Telescopium", "Triangulum", "Triangulum Australe", "Tucana", "Ursa Major", "Ursa Minor",
    "Vela", "Virgo", "Volans", "Vulpecula",
)  # fmt: skip


def pick(team_name: str, taken: Collection[str]) -> str:
    """Return a name that is free and not in the team's own; once all are taken, with a number.

    The choice is random, so that it says nothing about the order in which teams entered.
    """
    own = team_name.casefold()
    names = [name for name in CONSTELLATIONS if name.casefold() not in own]
    rounds = (
        {name if number == 1 else f"{name} {number}" for name in names}
        for number in itertools.count(1)
    )
    free = next(left for round_ in rounds if (left := round_ - set(taken)))
    return secrets.choice(sorted(free))
