"""Standing pages: defaults, versions with dates of validity, and their editor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from competition import standing_pages
from competition.models import Page
from competition.queries.statement import today
from core.models import AuditEvent
from tests.factories import (
    AgencyFactory,
    CompetitionFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db

type SignIn = Callable[[User], Client]

ONE_DAY = dt.timedelta(days=1)


def page(slug: str, first_day: dt.date, **fields: Any) -> Page:
    texts = {"title_de": "Titel", "title_en": "Title", "body_de": "Text", "body_en": "Text"}
    return Page.objects.create(slug=slug, valid_from=first_day, **{**texts, **fields})


@pytest.mark.parametrize("slug", standing_pages.SLUGS)
@pytest.mark.parametrize(("prefix", "language"), [("", "de"), ("/en", "en")])
def test_every_page_exists_in_both_languages_before_anybody_wrote_it(
    slug: str, prefix: str, language: str, client: Client
) -> None:
    expected = standing_pages.read(slug, language)

    response = client.get(f"{prefix}/{slug}/")

    assert response.status_code == 200
    assert f"<h1>{expected.title}</h1>" in response.content.decode()
    assert f'<html lang="{language}"' in response.content.decode()


@pytest.mark.parametrize("slug", standing_pages.SLUGS)
def test_default_texts_of_both_languages_have_the_same_sections(slug: str) -> None:
    counts = [
        sum(
            line.startswith("## ") for line in standing_pages.read(slug, language).body.splitlines()
        )
        for language in ("de", "en")
    ]

    assert counts[0] == counts[1] > 0


def test_every_page_of_the_product_links_to_the_standing_pages(client: Client) -> None:
    footer = client.get(reverse("home")).content.decode().partition("<footer")[2]

    links = [slug for slug in standing_pages.SLUGS if f'href="/{slug}/"' in footer]

    assert links == [slug for slug in standing_pages.SLUGS if slug != "how-it-works"]


def test_accessibility_statement_has_all_its_parts(client: Client) -> None:
    """R-47: body, status, gaps, alternatives, feedback, enforcement, date."""
    html = client.get("/accessibility/").content.decode()

    headings = [
        "Stand der Vereinbarkeit",
        "Was noch nicht barrierefrei ist",
        "Andere Wege",
        "Barriere melden",
        "Wenn Sie keine Antwort bekommen",
        "Datum",
    ]
    assert [heading for heading in headings if f"<h2>{heading}</h2>" in html] == headings


@pytest.mark.parametrize("slug", ["contact", "accessibility"])
def test_contacts_of_public_competitions_are_listed(slug: str, client: Client) -> None:
    CompetitionFactory(contact_email="offen@example.org")
    CompetitionFactory(contact_email="geheim@example.org", published_at=None)

    html = client.get(f"/{slug}/").content.decode()

    assert ("mailto:offen@example.org" in html, "geheim@example.org" in html) == (True, False)


def test_unknown_page_does_not_exist(client: Client) -> None:
    assert client.get("/imprint-2/").status_code == 404


def test_version_in_force_replaces_the_default(client: Client) -> None:
    day = today()
    page("imprint", day - 9 * ONE_DAY, body_de="Alt")
    page("imprint", day, body_de="Gültig")
    page("imprint", day + ONE_DAY, body_de="Morgen")

    html = client.get("/imprint/").content.decode()

    shown = [word for word in ("Alt", "Gültig", "Morgen") if f"<p>{word}</p>" in html]
    assert shown == ["Gültig"]


def test_version_that_has_ended_gives_way_to_the_default(client: Client) -> None:
    day = today()
    page("imprint", day - 9 * ONE_DAY, valid_until=day, body_de="Beendet")

    html = client.get("/imprint/").content.decode()

    assert "<h1>Impressum</h1>" in html
    assert "Beendet" not in html


def test_validity_of_one_row_agrees_with_the_filter() -> None:
    day = today()
    rows = [
        page("a", day),
        page("b", day + ONE_DAY),
        page("c", day - ONE_DAY, valid_until=day),
        page("d", day - ONE_DAY, valid_until=day + ONE_DAY),
    ]

    assert [row for row in rows if row.is_valid_on(day)] == list(Page.objects.valid_on(day))


def test_template_notice_names_the_missing_parts_until_a_version_is_written(
    client: Client, settings: Any
) -> None:
    settings.DEMO = False
    notice = "Dieser Text ist eine Vorlage"

    before = client.get("/privacy/").content.decode()
    page("privacy", today())
    after = client.get("/privacy/").content.decode()

    assert (notice in before, notice in after) == (True, False)


# -- editor ---------------------------------------------------------------------------------------

EDIT = "/office/pages/imprint/"


def form(**fields: str) -> dict[str, str]:
    return {
        "title_de": "Impressum",
        "body_de": "Neu",
        "title_en": "Imprint",
        "body_en": "New",
        "valid_from": today().isoformat(),
        **fields,
    }


def test_page_list_shows_current_and_coming_versions(sign_in: SignIn) -> None:
    day = today()
    current, coming = page("imprint", day), page("imprint", day + ONE_DAY)
    ada = organiser(CompetitionFactory())

    lines = sign_in(ada).get(reverse("competition:page-list")).context["lines"]

    assert [line.slug for line in lines] == list(standing_pages.SLUGS)
    assert [(line.current, line.coming) for line in lines if line.slug == "imprint"] == [
        (current, coming)
    ]
    assert [(line.current, line.coming) for line in lines if line.slug == "privacy"] == [
        (None, None)
    ]


def test_editor_begins_with_the_text_in_force(sign_in: SignIn) -> None:
    ada = organiser(CompetitionFactory())

    response = sign_in(ada).get(EDIT)

    assert response.context["form"].initial == {
        "title_de": "Impressum",
        "title_en": "Imprint",
        "body_de": standing_pages.read("imprint", "de").body,
        "body_en": standing_pages.read("imprint", "en").body,
        "valid_from": today(),
    }


def test_page_edit_works_and_is_audited(sign_in: SignIn) -> None:
    ada = organiser(CompetitionFactory())

    response = sign_in(ada).post(EDIT, form())

    saved = Page.objects.get()
    assert response.status_code == 302
    assert (saved.slug, saved.body_de, saved.valid_from) == ("imprint", "Neu", today())
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("page.saved", ada.pk)


def test_page_edit_keeps_what_was_typed_when_the_form_is_invalid(sign_in: SignIn) -> None:
    ada = organiser(CompetitionFactory())

    empty = sign_in(ada).post(EDIT, form(body_en="", body_de="Getippt"))
    past = sign_in(ada).post(EDIT, form(valid_from="2020-01-01"))

    assert (empty.status_code, past.status_code) == (422, 422)
    assert set(empty.context["form"].errors) == {"body_en"}
    assert set(past.context["form"].errors) == {"valid_from"}
    assert "Getippt" in empty.content.decode()
    assert Page.objects.count() == 0


@pytest.mark.parametrize("url", ["/office/pages/", EDIT])
def test_pages_are_edited_by_offices_only(url: str, client: Client) -> None:
    team = TeamFactory()
    strangers = [UserFactory(), agency_staff(AgencyFactory()), team_member(team)]

    statuses = []
    for person in strangers:
        client.force_login(person)
        statuses += [client.get(url).status_code, client.post(EDIT, form()).status_code]

    assert statuses == [404] * 6
    assert Page.objects.count() == 0


def test_visitor_is_asked_to_sign_in(client: Client) -> None:
    response = client.get(EDIT)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_unknown_page_cannot_be_edited(sign_in: SignIn) -> None:
    ada = organiser(CompetitionFactory())

    assert sign_in(ada).get("/office/pages/nothing/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_page_list_asks_six_queries(
    count: int, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    browser = sign_in(organiser(CompetitionFactory()))
    for number in range(count):
        page("imprint", today() - number * ONE_DAY)
    browser.get(reverse("competition:page-list"))

    with django_assert_num_queries(6):
        browser.get(reverse("competition:page-list"))
