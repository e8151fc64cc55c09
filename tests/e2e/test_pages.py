"""Every page of the demo, in both themes and widths: accessible, fitting, in its language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e

COMPETITION = "/competitions/ki-wettbewerb/"
OFFICE = "/office/ki-wettbewerb/"
SECTIONS = (
    "basics",
    "problem",
    "goal",
    "data",
    "law",
    "constraints",
    "competition",
    "transfer",
)
STANDING = (
    "imprint",
    "privacy",
    "accessibility",
    "plain-language",
    "sign-language",
    "contact",
    "how-it-works",
)


def public(demo: Installation) -> list[str]:
    digits, routing, tickets = map(demo.challenge, ("Handgeschriebene", "Bürger", "IT-Service"))
    digits, routing, tickets = (
        f"{COMPETITION}challenges/{code}/" for code in (digits, routing, tickets)
    )
    return [
        "/",
        "/competitions/",
        COMPETITION,
        f"{COMPETITION}rules/",
        f"{COMPETITION}terms/",
        digits,
        routing,
        tickets,
        f"{digits}leaderboard/",
        f"{digits}leaderboard/?part=hidden",
        f"{tickets}leaderboard/",
        f"{digits}check/",
        f"{tickets}check/",
        "/metrics/",
        f"{digits}results/",
        f"{digits}results/explanation/",
        "/agencies/",
        "/agencies/musterkreis/",
        "/results/",
        "/receipts/verify/",
        "/accounts/login/",
        "/accounts/signup/",
        *(f"/{slug}/" for slug in STANDING),
    ]


def agency(demo: Installation) -> list[str]:
    digits, roads, letters = map(demo.challenge, ("Handgeschriebene", "Straßen", "Posteingang"))
    digits, roads, letters = (f"/agency/challenges/{code}/" for code in (digits, roads, letters))
    tasks = [f"sections/{section}/" for section in SECTIONS]
    tasks += ["precheck/", "phases/", "data/", "rubric/", "benchmark/", "check/"]
    return [
        "/agency/challenges/",
        "/agency/challenges/new/",
        letters,
        *(letters + task for task in tasks),
        roads,
        *(roads + task for task in ("sections/problem/", "data/", "rubric/", "check/")),
        digits,
        f"{digits}rubric/",
        f"{digits}benchmark/",
    ]


def office(demo: Installation) -> list[str]:
    titles = ("Handgeschriebene", "Bürger", "IT-Service", "Straßen", "Bescheide", "Emotion")
    digits, routing, tickets, roads, decisions, emotions = (
        f"{OFFICE}challenges/{demo.challenge(title)}/" for title in titles
    )
    return [
        "/office/",
        "/office/pages/",
        "/office/pages/imprint/",
        f"{OFFICE}team-rules/",
        OFFICE,
        f"{OFFICE}messages/",
        digits,
        routing,
        tickets,
        roads,
        decisions,
        emotions,
        f"{decisions}checklist/",
        f"{emotions}checklist/",
        f"{tickets}phases/submission/extend/",
        f"{tickets}entries/",
        f"{digits}entries/",
        f"{tickets}evaluations/",
        f"{tickets}evaluations/anew/",
        f"{tickets}leaderboard/",
        f"/agency/challenges/{demo.challenge('IT-Service')}/leaderboard/",
        f"{digits}evaluations/",
        f"{tickets}jury/",
        f"{routing}jury/",
        f"{digits}jury/",
        f"/jury/{demo.challenge('Handgeschriebene')}/publication/erratum/",
        f"/agency/challenges/{demo.challenge('Bescheide')}/",
        "/me/profile/",
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/sessions/",
        "/accounts/logout/",
    ]


def submission(demo: Installation, team: str, title: str) -> str:
    """Return the path of a team's latest version in a problem statement."""
    code = demo.value(
        "select s.code from submissions_submission s"
        " join submissions_entry e on e.id = s.entry_id"
        " join submissions_team t on t.id = e.team_id"
        " join competition_challenge c on c.id = e.challenge_id"
        " where t.name = ? and c.title_de like ? order by s.number desc limit 1",
        team,
        f"{title}%",
    )
    return f"/submissions/{code}/"


def captain(demo: Installation) -> list[str]:
    open_version = submission(demo, "Klare Kante", "IT-Service")
    decided_version = submission(demo, "Klare Kante", "Handgeschriebene")
    team = demo.value("select code from submissions_team where name = 'Klare Kante'")
    evaluation = demo.value(
        "select e.code from scoring_evaluation e"
        " join submissions_submission s on s.id = e.submission_id where s.code = ?",
        open_version.split("/")[2],
    )
    tickets = f"{COMPETITION}challenges/{demo.challenge('IT-Service')}/"
    return [
        "/teams/",
        "/teams/new/",
        f"/teams/{team}/",
        "/submissions/",
        open_version,
        f"{open_version}receipt/",
        f"{open_version}withdraw/",
        decided_version,
        f"{decided_version}receipt/",
        f"{decided_version}result/",
        f"/evaluations/{evaluation}/",
        tickets,
        f"{tickets}leaderboard/",
        f"{COMPETITION}challenges/{demo.challenge('Handgeschriebene')}/results/",
    ]


def drafting(demo: Installation) -> list[str]:
    draft = submission(demo, "Gute Nachbarn", "IT-Service")
    parts = ("text/", "card/", "files/concept/", "files/predictions/", "check/")
    return [draft, *(draft + part for part in parts)]


def withdrawn(demo: Installation) -> list[str]:
    return ["/submissions/", submission(demo, "Bayes & Söhne", "IT-Service")]


def entering(demo: Installation) -> list[str]:
    return [f"{COMPETITION}challenges/{demo.challenge('IT-Service')}/enter/"]


def chair(demo: Installation) -> list[str]:
    digits, routing = demo.challenge("Handgeschriebene"), demo.challenge("Bürger")
    measured = submission(demo, "Klare Kante", "Handgeschriebene").split("/")[2]
    return [
        "/jury/",
        f"/jury/{digits}/",
        f"/jury/{digits}/board/",
        f"/jury/{digits}/board/compare/",
        f"/jury/{digits}/discussion/",
        f"/jury/{digits}/measured/{measured}/",
        f"/jury/{digits}/meeting/",
        f"/jury/{digits}/minutes/",
        f"/jury/{routing}/",
        f"/jury/{routing}/declaration/",
        f"/jury/{routing}/progress/",
        f"/jury/{routing}/close/",
    ]


def juror(demo: Installation) -> list[str]:
    routing = demo.challenge("Bürger")
    assigned = demo.value(
        "select s.code from scoring_assignment a"
        " join submissions_submission s on s.id = a.submission_id"
        " join scoring_juryseat seat on seat.id = a.seat_id"
        " join scoring_jury j on j.id = seat.jury_id"
        " join competition_challenge c on c.id = j.challenge_id"
        " join accounts_user u on u.id = seat.user_id"
        " where c.code = ? and u.email like 'flora@%' limit 1",
        routing,
    )
    sheet = f"/jury/{routing}/assess/{assigned}/"
    pages = [
        "/jury/",
        f"/jury/{routing}/",
        f"/jury/{routing}/release/",
        f"/jury/{routing}/compare/",
    ]
    return [*pages, sheet, f"{sheet}recusal/"]


def undeclared(demo: Installation) -> list[str]:
    return ["/jury/", f"/jury/{demo.challenge('Bürger')}/declaration/"]


def invited(demo: Installation) -> list[str]:
    code = demo.value("select code from scoring_juryinvitation where state = 'open' limit 1")
    return ["/jury/", f"/jury/invitations/{code}/", f"/jury/invitations/{code}/decline/"]


def auditor(_demo: Installation) -> list[str]:
    return ["/audit/", "/audit/?page=2", "/audit/?action=submission"]


VISITS: list[tuple[str, str, Callable[[Installation], list[str]]]] = [
    ("de", "", public),
    ("en", "", public),
    ("de", "bea", agency),
    ("de", "ada", office),
    ("de", "cem", captain),
    ("de", "emil", drafting),
    ("de", "ines", withdrawn),
    ("de", "kira", entering),
    ("de", "frida", chair),
    ("de", "flora", juror),
    ("de", "finn", undeclared),
    ("de", "berta", invited),
    ("de", "paula", auditor),
]


@pytest.mark.parametrize(
    ("language", "person", "pages"),
    [pytest.param(*visit, id=f"{visit[2].__name__}-{visit[0]}") for visit in VISITS],
)
def test_pages_are_accessible_fit_and_speak_one_language(
    browser: Browser,
    demo: Installation,
    language: str,
    person: str,
    pages: Callable[[Installation], list[str]],
):
    problems = []
    with walk(browser, demo, language=language) as visitor:
        if person:
            visitor.sign_in(person)
        for path in pages(demo):
            problems += [f"{path}: {problem}" for problem in visitor.look(path)]

    assert not problems, "\n".join(problems)
