"""Checks of this app before a statement is handed in and before it is published."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from competition import precheck, statement, timeline
from competition.extensions import CheckResult, PublicationCheck, publication_checks
from competition.queries.statement import facts_of, precheck_of, windows_of
from competition.statement.completeness import Gap, missing
from competition.statement.fields import Need, Section
from competition.states import Audience, Outcome, PhaseKind
from core import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from competition.models import Challenge

STATEMENT = gettext_lazy("Problem statement")
LAW = gettext_lazy("Law")
TIME = gettext_lazy("Timeline")
DATA = gettext_lazy("Data")


def section_url(challenge: Challenge, section: str, question: str = "") -> str:
    """Return the address of a section's form, or of one of its questions."""
    url = reverse("competition:statement-section", args=[challenge.code, section])
    return f"{url}#q-{question}" if question else url


def _passed(label: Any, detail: Any = "") -> CheckResult:
    return CheckResult(passed=True, label=label, detail=detail)


def _failed(label: Any, detail: Any, url: str) -> CheckResult:
    return CheckResult(passed=False, label=label, detail=detail, url=url)


def _answers(challenge: Challenge, *, section: Section) -> CheckResult:
    label = _("Section %(letter)s, %(label)s: needed to hand in") % {
        "letter": section.letter,
        "label": section.label,
    }
    gaps = missing(challenge, (section,), facts_of(challenge), need=Need.HAND_IN)
    return _result(challenge, label, gaps)


def _publication_answers(challenge: Challenge) -> CheckResult:
    label = _("Answers needed before publication")
    gaps = missing(challenge, statement.SECTIONS, facts_of(challenge), need=Need.PUBLISH)
    return _result(challenge, label, [gap for gap in gaps if gap.need is Need.PUBLISH])


def _result(challenge: Challenge, label: str, gaps: list[Gap]) -> CheckResult:
    if not gaps:
        return _passed(label, _("All answers are there."))
    detail = " ".join(gap.sentence for gap in gaps[:3])
    more = len(gaps) - 3
    if more > 0:
        words = ngettext("And %(count)s more.", "And %(count)s more.", more) % {"count": more}
        detail = f"{detail} {words}"
    return _failed(label, detail, section_url(challenge, gaps[0].section, gaps[0].anchor))


def precheck_is_complete(challenge: Challenge) -> CheckResult:
    """Check that every question is answered and the outcome has its reasons."""
    label = _("AI Act pre-check is complete")
    url = reverse("competition:statement-precheck", args=[challenge.code])
    stored = precheck_of(challenge)
    if stored is None:
        return _failed(label, _("The pre-check was not begun."), url)
    if stored.ruleset != precheck.RULESET:
        return _failed(label, _("The questions have changed: please answer them again."), url)
    result = precheck.classify(stored.answers, ruleset=stored.ruleset, legal={})
    if not result.is_complete:
        count = len(result.open_questions)
        words = ngettext("%(count)s question is open.", "%(count)s questions are open.", count)
        return _failed(label, words % {"count": count}, url)
    if result.needs_reasoning and len(stored.reasoning) < precheck.MIN_REASONING:
        return _failed(label, _("The reasoning needs at least 50 characters."), url)
    return _passed(label, stored.get_outcome_display())


def precheck_allows(challenge: Challenge) -> CheckResult:
    """Check that the practice is not prohibited (GT-3)."""
    label = _("AI Act: not a prohibited practice")
    stored = precheck_of(challenge)
    if stored is not None and Outcome.PROHIBITED in stored.outcomes:
        return _failed(
            label,
            _("Art. 5 prohibits this practice: the statement cannot be published."),
            reverse("competition:statement-precheck", args=[challenge.code]),
        )
    return _passed(label)


def timeline_is_complete(challenge: Challenge) -> CheckResult:
    """Check that all phases are there and fit together."""
    label = _("All phases are set and in order")
    url = reverse("competition:statement-phases", args=[challenge.code])
    windows = windows_of(challenge)
    absent = timeline.missing_kinds(windows)
    if absent:
        names = ", ".join(str(kind.label) for kind in absent)
        return _failed(label, _("Not set yet: %(names)s.") % {"names": names}, url)
    remarks = timeline.problems(windows)
    if remarks:
        return _failed(label, remarks[0].sentence, url)
    return _passed(label)


def timeline_lies_ahead(challenge: Challenge) -> CheckResult:
    """Check that rules are known before the submission begins (§ 71(1) VgV)."""
    label = _("The submission begins after the publication")
    phase = challenge.phase(PhaseKind.SUBMISSION)
    if phase is not None and phase.starts_at < clock.now():
        return _failed(
            label,
            _("Its start has passed: teams must know the rules before it. Return the statement."),
            reverse("competition:statement-phases", args=[challenge.code]),
        )
    return _passed(label)


def timeline_is_kind(challenge: Challenge) -> CheckResult:
    """Look for times that are possible and yet unwise."""
    label = _("Times are convenient")
    remarks = timeline.warnings(windows_of(challenge), timezone.get_default_timezone())
    if not remarks:
        return _passed(label)
    detail = " ".join(f"{remark.kind.label}: {remark.sentence}" for remark in remarks)
    return _failed(label, detail, reverse("competition:statement-phases", args=[challenge.code]))


def files_fit_answers(challenge: Challenge) -> CheckResult:
    """Check that personal data are not offered to the public (PS-27)."""
    label = _("Files fit the answers about data")
    url = reverse("competition:resource-list", args=[challenge.code])
    if challenge.answer("personal") == "yes":
        public = challenge.resources.filter(audience=Audience.PUBLIC).first()
        if public is not None:
            return _failed(
                label,
                _("“%(file)s” is open to everyone, although the data are personal.")
                % {"file": public.file_name},
                url,
            )
    return _passed(label)


def files_are_there(challenge: Challenge) -> CheckResult:
    """Check that promised data were uploaded."""
    label = _("The data for the teams are uploaded")
    if challenge.answer("data_given") is True and not challenge.resources.exists():
        return _failed(
            label,
            _("You give data to the teams, but no file was uploaded."),
            reverse("competition:resource-list", args=[challenge.code]),
        )
    return _passed(label)


def terms_are_published(challenge: Challenge) -> CheckResult:
    """Check that the competition has terms of participation in force."""
    label = _("Terms of participation are published")
    if challenge.competition.terms.filter(published_at__isnull=False).exists():
        return _passed(label)
    return _failed(label, _("The competition has no published terms."), "")


def contact_is_known(challenge: Challenge) -> CheckResult:
    """Check that teams can reach somebody."""
    label = _("Contact of agency and competition office")
    if challenge.answer("contact") and challenge.competition.contact_email:
        return _passed(label, challenge.answer("contact"))
    return _failed(
        label,
        _("A mailbox is missing."),
        section_url(challenge, "basics", "contact"),
    )


def _register(
    key: str,
    run: Callable[[Challenge], CheckResult],
    group: Any,
    order: int,
    *,
    for_hand_in: bool = False,
    blocking: bool = True,
) -> None:
    publication_checks.register(
        PublicationCheck(
            key=key,
            run=run,
            blocking=blocking,
            order=order,
            group=group,
            for_hand_in=for_hand_in,
        )
    )


for _number, _section in enumerate(statement.SECTIONS):
    _register(
        f"competition.{_section.key}",
        functools.partial(_answers, section=_section),
        STATEMENT,
        10 + _number,
        for_hand_in=True,
    )
_register("competition.publication_answers", _publication_answers, STATEMENT, 20)
_register("competition.files_fit", files_fit_answers, DATA, 22, for_hand_in=True)
_register("competition.files_there", files_are_there, DATA, 24)
_register("competition.precheck", precheck_is_complete, LAW, 30, for_hand_in=True)
_register("competition.precheck_allows", precheck_allows, LAW, 32)
_register("competition.terms", terms_are_published, LAW, 34)
_register("competition.contact", contact_is_known, LAW, 36)
_register("competition.timeline", timeline_is_complete, TIME, 40, for_hand_in=True)
_register("competition.timeline_ahead", timeline_lies_ahead, TIME, 42)
_register("competition.timeline_kind", timeline_is_kind, TIME, 44, blocking=False)
