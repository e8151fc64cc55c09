"""A rubric is published anew, with a public reason, until the first release (Q-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core.exceptions import Incomplete, PermissionRefused, StaleVersion
from core.models import AuditEvent, OutboxMessage
from scoring.actions import assessment as assessment_actions
from scoring.actions import rubric as actions
from scoring.actions.rubric import CriterionText, LevelText, RubricInvalid, Rules
from scoring.models import Assessment, Rubric, RubricVersion
from scoring.queries import rubric as queries
from tests.factories import break_audit

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db
WHY = "Die Stufen zum Recht waren nicht verständlich."


@pytest.fixture
def published(assessing: Any) -> Any:
    """A jury that assesses by a rubric that was frozen with its statement."""
    actions.freeze(assessing.challenge, by=assessing.ada)
    OutboxMessage.objects.all().delete()
    return assessing


def texts(room: Any) -> list[CriterionText]:
    rubric = queries.of(room.challenge)
    assert rubric is not None
    return [
        CriterionText(
            name_de=row.name_de,
            name_en=row.name_en,
            description_de=row.description_de,
            description_en=row.description_en,
            weight=row.weight,
            lowest=row.lowest,
            highest=row.highest,
            may_abstain=row.may_abstain,
            levels=[LevelText(mark=level.mark, anchor_de=level.anchor_de)
                    for level in row.levels.all()],
        )
        for row in rubric.criteria.all()
    ]  # fmt: skip


def changed(room: Any) -> list[CriterionText]:
    """Other weights, and other levels of the last criterion."""
    first, second, third = texts(room)
    levels = [replace(level, anchor_de=f"Neu: {level.mark}") for level in third.levels[:6]]
    return [
        replace(first, weight=Decimal(40)),
        replace(second, weight=Decimal(40)),
        replace(third, highest=5, levels=levels),
    ]


def publish(room: Any, **given: Any) -> Rubric:
    fields = {
        "by": room.ada,
        "criteria": changed(room),
        "rules": Rules(min_assessments=2),
        "reason_de": WHY,
        **given,
    }
    return actions.publish_anew(room.challenge, **fields)


def test_both_versions_stay_readable_with_the_reason(published: Any, sign_in: SignIn) -> None:
    before = Rubric.objects.get()

    publish(published)

    rubric = queries.of(published.challenge)
    assert rubric is not None
    versions = list(RubricVersion.objects.order_by("number"))
    assert [(row.number, row.sha256, row.reason_de) for row in versions] == [
        (1, before.sha256, ""),
        (2, rubric.sha256, WHY),
    ]
    assert versions[1].content == queries.canonical(rubric)
    assert versions[0].content["criteria"][2]["highest"] == 10
    assert before.sha256 != rubric.sha256
    event = AuditEvent.objects.get(action="rubric.published_anew")
    assert (event.actor, event.reason) == (published.ada.pk, WHY)
    page = sign_in(published.gus).get(
        reverse(
            "competition:challenge-show",
            args=[published.competition.slug, published.challenge.code],
        )
    )
    assert WHY in page.content.decode()


def test_teams_and_jury_are_told(published: Any) -> None:
    publish(published)

    told = {row.recipient for row in OutboxMessage.objects.filter(template="rubric_published_anew")}
    jurors = {f"{name}@jury.example" for name in published.seats}
    assert (
        told == {"cem@elbufer.example", "emil@klarschrift.example", "olga@otter.example"} | jurors
    )


def test_drafts_keep_what_has_not_changed_and_every_version(published: Any) -> None:
    published.save("frida", "Ulme", 4, 3, 7, on_each="Bleibt.", private_note="Auch das")

    publish(published)

    draft = Assessment.objects.get()
    assert [(row.mark_hundredths, row.comment) for row in draft.scores.all()] == [
        (400, "Bleibt."),
        (300, "Bleibt."),
        (None, "Bleibt."),
    ]
    assert (draft.total_hundredths, draft.private_note) == (None, "Auch das")
    assert list(draft.versions.order_by("number").values_list("number", flat=True)) == [1, 2]


@pytest.mark.parametrize("is_begun", [False, True])
def test_page_that_was_made_before_overwrites_nothing(
    published: Any, sign_in: SignIn, is_begun: bool
) -> None:
    if is_begun:
        published.save("frida", "Ulme", 4, 3, 7)
    client = sign_in(published.frida)
    code = published.submissions["Ulme"].code
    address = reverse("scoring:assessment-edit", args=[published.challenge.code, code])
    old = {"version": str(int(is_begun)), "mark_k1": "2", "mark_k2": "2", "go": "stay"}
    publish(published)

    stale = client.post(address, old)
    fresh = client.get(address).context["sheet"].version
    client.post(address, {**old, "version": str(fresh)})

    assert stale.status_code == 409
    assert (fresh, Assessment.objects.get().version) == (1 + is_begun, 2 + is_begun)


def test_after_the_first_release_never(published: Any) -> None:
    assessment = published.save("frida", "Ulme", 4, 3, 7)
    assessment_actions.release(assessment, by=published.frida)

    with pytest.raises(PermissionRefused):
        publish(published)
    # Not even if the chair has given it back.
    assessment_actions.reopen(assessment, by=published.hanna, reason="Bitte prüfen.")
    with pytest.raises(PermissionRefused):
        publish(published)


@pytest.mark.parametrize("who", ["bea", "hanna", "frida", "cem", "gus"])
def test_publishing_anew_is_the_office_s(published: Any, who: str) -> None:
    with pytest.raises(PermissionRefused):
        publish(published, by=published.people[who])


def test_what_is_refused_changes_nothing(published: Any) -> None:
    before = Rubric.objects.get()
    refusals: list[tuple[type[Exception], dict[str, Any]]] = [
        (Incomplete, {"reason_de": " "}),
        (RubricInvalid, {"criteria": changed(published)[:2]}),
        (RubricInvalid, {"criteria": texts(published)}),
        (RubricInvalid, {"criteria": [replace(changed(published)[0], weight=Decimal(7))] * 3}),
        (Incomplete, {"criteria": [replace(row, levels=[]) for row in texts(published)]}),
        (StaleVersion, {"version": 99}),
    ]

    for refusal, given in refusals:
        with pytest.raises(refusal):
            publish(published, **given)

    after = Rubric.objects.get()
    assert (after.sha256, after.published_version) == (before.sha256, 1)
    assert not RubricVersion.objects.exists()


def test_publishing_anew_is_undone_without_its_event(published: Any) -> None:
    before = Rubric.objects.get()
    break_audit()

    with pytest.raises(IntegrityError):
        publish(published)

    assert Rubric.objects.get().sha256 == before.sha256


def test_a_further_criterion_may_follow(published: Any) -> None:
    first, second, third = texts(published)
    more = replace(second, name_de="Wartung", weight=Decimal(10))

    publish(published, criteria=[replace(first, weight=Decimal(40)), second, third, more])

    rubric = queries.of(published.challenge)
    assert rubric is not None
    assert [(row.key, str(row.name_de)) for row in rubric.criteria.all()][-1] == ("k4", "Wartung")


# -- page ------------------------------------------------------------------------------------------


def sent(client: Client, address: str, **changes: str) -> dict[str, str]:
    """Return what the page sends as it is shown, with changes."""
    page = client.get(address)
    data = {"version": str(page.context["version"]), "criteria": str(len(page.context["criteria"]))}
    for form in (page.context["rules"], page.context["reason"], *page.context["criteria"]):
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = str(value)
    return {**data, "do": "save", **changes}


def test_office_publishes_anew_on_the_page(published: Any, sign_in: SignIn) -> None:
    address = reverse(
        "scoring:rubric-amend", args=[published.competition.slug, published.challenge.code]
    )
    client = sign_in(published.ada)
    changes = {"c0-weight": "40", "c1-weight": "40", "reason_de": WHY}

    silent = client.post(address, sent(client, address, **{**changes, "reason_de": ""}))
    more = client.post(address, sent(client, address, **changes, do="add"))
    done = client.post(address, sent(client, address, **changes))

    assert silent.status_code == 422
    assert (len(more.context["criteria"]), more.context["reason"]["reason_de"].value()) == (4, WHY)
    assert done.headers["Location"] == reverse(
        "scoring:rubric-edit", args=[published.challenge.code]
    )
    assert Rubric.objects.get().published_version == 2
    shown = client.get(done.headers["Location"])
    assert [row.number for row in shown.context["versions"]] == [1, 2]


def test_list_of_a_juror_tells_of_it(published: Any, sign_in: SignIn) -> None:
    publish(published)

    page = sign_in(published.frida).get(
        reverse("scoring:jury-show", args=[published.challenge.code])
    )

    assert page.context["rubric_version"].reason_de == WHY
