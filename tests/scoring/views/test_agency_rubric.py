"""The rubric editor, and the rubric on the public page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from competition.states import ChallengeState
from core.models import AuditEvent
from scoring.actions import rubric as rubric_actions
from scoring.models import Criterion, Level, Rubric
from scoring.presets import PRESETS
from scoring.queries import rubric as queries
from tests.factories import (
    AgencyFactory,
    ChallengeFactory,
    EntryFactory,
    RubricFactory,
    UserFactory,
    agency_staff,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return ChallengeFactory(agency=AgencyFactory())


@pytest.fixture
def bea(challenge):
    return agency_staff(challenge.agency)


def url(challenge):
    return reverse("scoring:rubric-edit", args=[challenge.code])


def row(number, name, weight, **fields):
    values = {
        "name_de": name,
        "description_de": f"Was {name} bringt",
        "weight": weight,
        "lowest": "1",
        "highest": "3",
        **{f"anchor_de_{mark}": f"{name} {mark}" for mark in (1, 2, 3)},
        **fields,
    }
    return {f"c{number}-{key}": value for key, value in values.items()}


def sent(*rows, do="save", version="0", **fields):
    data = {
        "do": do,
        "version": version,
        "criteria": str(len(rows)),
        "aggregate": "juror_first",
        "method": "weighted-mean",
        "rounding": "at_end",
        "digits": "2",
        "min_assessments": "3",
        **fields,
    }
    for values in rows:
        data.update(values)
    return data


TWO = (row(0, "Nutzen", "60"), row(1, "Betrieb", "40"))


def names(response):
    return [form["name_de"].value() for form in response.context["criteria"]]


# -- save ------------------------------------------------------------------------------------------


def test_rubric_is_saved(challenge, bea, sign_in):
    response = sign_in(bea).post(
        url(challenge),
        sent(
            row(0, "Nutzen", "60,5", name_en="Benefit", anchor_en_1="Benefit 1"),
            row(1, "Betrieb", "39.5", may_abstain="on"),
            digits="1",
        ),
    )

    rubric = Rubric.objects.get()
    assert response.headers["Location"] == url(challenge)
    assert list(rubric.criteria.values_list("name_de", "name_en", "weight", "may_abstain")) == [
        ("Nutzen", "Benefit", Decimal("60.50"), False),
        ("Betrieb", "", Decimal("39.50"), True),
    ]
    assert Level.objects.get(anchor_en="Benefit 1").mark == 1
    assert (rubric.digits, rubric.jury_weight) == (1, 100)
    assert AuditEvent.objects.filter(action="rubric.saved", actor=bea.pk).exists()


@pytest.mark.parametrize(
    ("sent_rule", "status", "stored"),
    [
        ({"final_rule": "places", "final_threshold": "8"}, 302, ("places", 8)),
        ({"final_rule": "points", "final_threshold": "70"}, 302, ("points", 70)),
        ({"final_threshold": "8"}, 302, ("", None)),
        ({"final_rule": "places"}, 422, None),
        ({"final_rule": "points", "final_threshold": "101"}, 422, None),
        ({"final_rule": "places", "final_threshold": "8", "method": "rank-sum"}, 422, None),
    ],
)
def test_two_rounds_need_what_goes_on(challenge, bea, sign_in, sent_rule, status, stored):
    response = sign_in(bea).post(url(challenge), sent(*TWO, **sent_rule))

    found = Rubric.objects.values_list("final_rule", "final_threshold").first()
    assert (response.status_code, found) == (status, stored)


def test_share_of_the_jury_is_asked_beside_a_metric_only(challenge, bea, sign_in):
    client = sign_in(bea)
    without = client.get(url(challenge)).context["rules"]
    challenge.wants_predictions = True
    challenge.save()

    client.post(url(challenge), sent(*TWO, jury_weight="60"))

    assert "jury_weight" not in without.fields
    assert Rubric.objects.get().jury_weight == 60


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ((row(0, "Nutzen", "60"),), "rules"),
        ((), "rules"),
        ((row(0, "", "100"),), "name_de"),
        ((row(0, "Nutzen", "viel"),), "weight"),
        ((row(0, "Nutzen", "100", highest="1"),), "highest"),
        ((row(0, "Nutzen", "100", highest="14"),), "highest"),
        ((row(0, "Nutzen", "100", anchor_de_2="x" * 301),), "anchor_de_2"),
    ],
)
def test_invalid_rubric_keeps_what_was_typed(challenge, bea, sign_in, rows, where):
    response = sign_in(bea).post(url(challenge), sent(*rows))

    rules, criteria = response.context["rules"], response.context["criteria"]
    assert response.status_code == 422
    if where == "rules":
        assert rules.non_field_errors()
    else:
        assert set(criteria[0].errors) == {where}
        assert criteria[0]["anchor_de_1"].value() == rows[0]["c0-anchor_de_1"]
    assert not Rubric.objects.exists()


def test_draft_may_be_incomplete(challenge, bea, sign_in):
    response = sign_in(bea).post(url(challenge), sent(row(0, "Nutzen", "60"), do="draft"))

    assert response.status_code == 302
    assert Criterion.objects.get().weight == 60


def test_row_without_a_word_is_no_criterion(challenge, bea, sign_in):
    blank = {"c2-name_de": "", "c2-weight": "", "c2-lowest": "1", "c2-highest": "5"}

    response = sign_in(bea).post(url(challenge), sent(*TWO, blank))

    assert response.status_code == 302
    assert Criterion.objects.count() == 2


def test_stale_rubric_shows_the_other_version_and_keeps_mine(challenge, bea, sign_in):
    rubric_actions.save(
        challenge,
        by=bea,
        criteria=[
            rubric_actions.CriterionText(
                name_de="Von der Kollegin", description_de="", weight=Decimal(100)
            )
        ],
    )
    client = sign_in(bea)

    response = client.post(url(challenge), sent(*TWO, version="0"))
    again = client.post(url(challenge), sent(*TWO, version=str(response.context["version"])))

    assert response.status_code == 409
    assert names(response) == ["Nutzen", "Betrieb"]
    assert "Von der Kollegin" in response.content.decode()
    assert again.status_code == 302
    assert list(Criterion.objects.values_list("name_de", flat=True)) == ["Nutzen", "Betrieb"]


@pytest.mark.parametrize("state", [ChallengeState.IN_REVIEW, ChallengeState.PUBLISHED])
def test_rubric_of_a_statement_that_is_not_editable_is_read_only(challenge, bea, sign_in, state):
    RubricFactory(challenge=challenge)
    type(challenge).objects.filter(pk=challenge.pk).update(
        state=state, published_at=challenge.created_at, frozen_hash="0" * 64
    )
    client = sign_in(bea)

    page, post = client.get(url(challenge)), client.post(url(challenge), sent(*TWO))

    assert (page.status_code, post.status_code) == (200, 404)
    assert "<form" not in page.content.decode().partition("<main")[2]
    assert list(Criterion.objects.values_list("name_de", flat=True)) == ["Nutzen", "Betrieb"]
    assert Criterion.objects.first().highest == 5


def test_rubric_is_404_for_strangers(challenge, sign_in):
    team = EntryFactory(challenge=ChallengeFactory(published=True)).team
    strangers = [UserFactory(), agency_staff(AgencyFactory()), team_member(team)]
    # The office reads statements from their first hand-in on, not drafts.
    strangers.append(organiser(challenge.competition))

    answers = [
        (client.get(url(challenge)).status_code, client.post(url(challenge)).status_code)
        for client in map(sign_in, strangers)
    ]

    assert answers == [(404, 404)] * 4


def test_rubric_is_read_by_the_office_after_the_hand_in(challenge, sign_in):
    RubricFactory(challenge=challenge)
    type(challenge).objects.filter(pk=challenge.pk).update(state=ChallengeState.IN_REVIEW)
    client = sign_in(organiser(challenge.competition))

    assert client.get(url(challenge)).status_code == 200
    assert client.post(url(challenge), sent(*TWO)).status_code == 404


def test_reading_writes_nothing(challenge, bea, sign_in):
    response = sign_in(bea).get(url(challenge))

    assert response.status_code == 200
    assert not Rubric.objects.exists()


# -- rearranging without JavaScript ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("add", ["Nutzen", "Betrieb", None]),
        ("remove:0", ["Betrieb"]),
        ("remove:9", ["Nutzen", "Betrieb"]),
        ("down:0", ["Betrieb", "Nutzen"]),
        ("down:1", ["Nutzen", "Betrieb"]),
        ("up:1", ["Betrieb", "Nutzen"]),
        ("up:0", ["Nutzen", "Betrieb"]),
        ("refresh", ["Nutzen", "Betrieb"]),
        ("nonsense:x", ["Nutzen", "Betrieb"]),
    ],
)
def test_buttons_rearrange_and_lose_nothing(challenge, bea, sign_in, do, expected):
    rows = (row(0, "Nutzen", "sechzig"), row(1, "Betrieb", "40"))

    response = sign_in(bea).post(url(challenge), sent(*rows, do=do, digits="3"))

    typed = {form["name_de"].value(): form for form in response.context["criteria"]}
    assert response.status_code == 200
    assert names(response) == expected
    assert typed["Betrieb"]["anchor_de_2"].value() == "Betrieb 2"
    if "Nutzen" in typed:
        assert typed["Nutzen"]["weight"].value() == "sechzig"
    assert response.context["rules"]["digits"].value() == "3"
    assert not Rubric.objects.exists()


def test_number_of_criteria_is_limited(challenge, bea, sign_in):
    rows = [row(number, f"K{number}", "5") for number in range(12)]

    response = sign_in(bea).post(url(challenge), sent(*rows, do="add"))

    assert len(response.context["criteria"]) == 12


@pytest.mark.parametrize(
    ("weights", "total"),
    [(("60", "40"), 100), (("33,33", "33.33"), Decimal("66.66")), (("viel", "40"), None)],
)
def test_sum_of_the_weights_runs_along(challenge, bea, sign_in, weights, total):
    rows = [row(number, "K", weight) for number, weight in enumerate(weights)]

    response = sign_in(bea).post(url(challenge), sent(*rows, do="refresh"))

    assert response.context["sum"] == total


def test_scale_that_is_applied_changes_the_levels(challenge, bea, sign_in):
    response = sign_in(bea).post(
        url(challenge), sent(row(0, "Nutzen", "100", lowest="0", highest="2"), do="refresh")
    )

    form = response.context["criteria"][0]
    assert form.marks == [0, 1, 2]
    assert form["anchor_de_1"].value() == "Nutzen 1"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_ready_made_rubric_is_copied_and_can_be_published(challenge, bea, sign_in, preset):
    client = sign_in(bea)

    copied = client.post(url(challenge), sent(do=f"copy:{preset.key}"))
    data = {}
    for number, form in enumerate(copied.context["criteria"]):
        data |= {
            f"c{number}-{name}": "on" if value is True else str(value)
            for name in form.fields
            if (value := form[name].value()) not in {None, False}
        }
    count = len(copied.context["criteria"])
    client.post(url(challenge), {**sent(), **data, "criteria": str(count)})

    rubric = queries.of(challenge)
    assert queries.is_complete(rubric)
    assert [str(row.name_de) for row in rubric.criteria.all()] == [
        criterion.name[0] for criterion in preset.criteria
    ]
    assert not Level.objects.filter(anchor_en="").exists()


def test_copy_stands_after_what_is_there(challenge, bea, sign_in):
    response = sign_in(bea).post(url(challenge), sent(row(0, "Eigenes", "10"), do="copy:concept"))

    assert names(response)[:2] == ["Eigenes", "Nutzen im Alltag"]


# -- public ----------------------------------------------------------------------------------------


def test_public_page_says_how_it_is_judged(client):
    challenge = ChallengeFactory(published=True)
    rubric = RubricFactory(challenge=challenge)
    address = reverse(
        "competition:challenge-show", args=[challenge.competition.slug, challenge.code]
    )

    page = client.get("/en" + address).content.decode()

    assert "How it is judged" in page
    for criterion in rubric.criteria.all():
        assert criterion.name_de in page
        for level in criterion.levels.all():
            assert level.anchor_de in page
    for sentence in queries.explain(rubric).ties:
        assert sentence
    assert "rounded, half up, to 2 decimal places" in page


def test_public_page_without_a_rubric_says_nothing_about_a_jury(client):
    challenge = ChallengeFactory(published=True)
    address = reverse(
        "competition:challenge-show", args=[challenge.competition.slug, challenge.code]
    )

    page = client.get("/en" + address).content.decode()

    assert "How it is judged" not in page
