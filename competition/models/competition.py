"""One edition of the competition, its office, terms and standing pages."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from core.access import key_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class CompetitionQuerySet(models.QuerySet["Competition"]):
    """Filters over competitions."""

    def published(self) -> CompetitionQuerySet:
        """Competitions everyone may see."""
        return self.filter(published_at__isnull=False)

    def organised_by(self, user: User | AnonymousUser) -> CompetitionQuerySet:
        """Competitions in whose office the person works."""
        return self.filter(office__user=key_of(user))

    def visible_to(self, user: User | AnonymousUser) -> CompetitionQuerySet:
        """Published ones, and those one organises."""
        organised = OfficeMembership.objects.filter(user=key_of(user)).values("competition")
        return self.filter(models.Q(published_at__isnull=False) | models.Q(pk__in=organised))


class Competition(models.Model):
    """One edition run by the state."""

    slug = models.SlugField(_("address on this site"), max_length=60, unique=True)
    name_de = models.CharField(_("name (German)"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=120, blank=True)
    summary_de = models.TextField(_("summary (German)"), max_length=2_000)
    summary_en = models.TextField(_("summary (English)"), max_length=2_000, blank=True)
    rules_de = models.TextField(_("how it works (German)"), blank=True, max_length=20_000)
    rules_en = models.TextField(_("how it works (English)"), blank=True, max_length=20_000)
    host = models.CharField(_("host"), max_length=160)
    contact_email = models.EmailField(_("contact"))
    team_size_limit = models.PositiveSmallIntegerField(
        _("people in a team"),
        null=True,
        blank=True,
        default=8,
        validators=[MinValueValidator(1)],
        help_text=_("At most so many; empty means: no limit."),
    )
    team_changes_end_days = models.PositiveSmallIntegerField(
        _("days before the deadline on which nobody can join a team any more"),
        default=0,
        help_text=_("0: teams may change until the deadline. Leaving is always possible."),
    )
    objection_days = models.PositiveSmallIntegerField(
        _("days in which teams may object before a result is published"),
        default=7,
        validators=[MaxValueValidator(60)],
        help_text=_("0: teams learn their result first, but there is no period for objections."),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = CompetitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("competition")
        verbose_name_plural = _("competitions")
        ordering: ClassVar = ["-published_at", "slug"]

    def __str__(self) -> str:
        """Return the name in the language of the page."""
        return self.name.text

    @property
    def name(self) -> Text:
        """Return the name in the language of the page."""
        return localised(self, "name")

    @property
    def summary(self) -> Text:
        """Return the summary in the language of the page."""
        return localised(self, "summary")

    @property
    def rules(self) -> Text:
        """Return "how it works" in the language of the page."""
        return localised(self, "rules")

    def get_absolute_url(self) -> str:
        """Return the public page."""
        return reverse("competition:competition-show", args=[self.slug])


class OfficeMembership(models.Model):
    """A person of the competition office (organiser), per competition."""

    competition = models.ForeignKey(Competition, on_delete=models.PROTECT, related_name="office")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="office_memberships"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "user"], name="office_membership_is_unique"
            )
        ]

    def __str__(self) -> str:
        """Return person and competition."""
        return f"{self.user} – {self.competition}"


class Terms(models.Model):
    """One version of the participation terms; immutable once published."""

    competition = models.ForeignKey(Competition, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveSmallIntegerField(_("version"))
    text_de = models.TextField(_("text (German)"), max_length=60_000)
    text_en = models.TextField(_("text (English)"), max_length=60_000, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        verbose_name = _("terms of participation")
        verbose_name_plural = _("terms of participation")
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "version"], name="terms_version_is_unique"
            )
        ]

    def __str__(self) -> str:
        """Return competition and version."""
        return f"{self.competition} v{self.version}"

    @property
    def text(self) -> Text:
        """Return the text in the language of the page; the German one binds."""
        return localised(self, "text")


class LegalValueQuerySet(models.QuerySet["LegalValue"]):
    """Filters over legal values."""

    def valid_on(self, day: dt.date) -> LegalValueQuerySet:
        """Values in force on a day; of several rows of one key the newest comes last."""
        return self.filter(
            models.Q(valid_until=None) | models.Q(valid_until__gt=day), valid_from__lte=day
        ).order_by("key", "valid_from")


class LegalValue(models.Model):
    """A date or threshold of the law as data, with its source (R-43); never in code."""

    key = models.SlugField(_("key"), max_length=60)
    value = models.CharField(_("value"), max_length=60)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(
        _("valid until"),
        null=True,
        blank=True,
        help_text=_("The first day on which it no longer holds."),
    )
    source = models.CharField(_("source"), max_length=300)

    objects = LegalValueQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal value")
        verbose_name_plural = _("legal values")
        ordering: ClassVar = ["key", "valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "valid_from"], name="legal_value_is_unique")
        ]

    def __str__(self) -> str:
        """Return key and value."""
        return f"{self.key} = {self.value}"


class PageQuerySet(models.QuerySet["Page"]):
    """Filters over standing pages."""

    def valid_on(self, day: dt.date) -> PageQuerySet:
        """Pages in force on a day; the newest comes first."""
        return self.filter(
            models.Q(valid_until=None) | models.Q(valid_until__gt=day), valid_from__lte=day
        ).order_by("slug", "-valid_from")


class Page(models.Model):
    """A standing page such as the imprint, editable, with dates of validity (R-54)."""

    slug = models.SlugField(_("address on this site"), max_length=60)
    title_de = models.CharField(_("title (German)"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=120)
    body_de = models.TextField(_("text (German)"), max_length=60_000)
    body_en = models.TextField(_("text (English)"), max_length=60_000)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering: ClassVar = ["slug", "-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["slug", "valid_from"], name="page_version_is_unique")
        ]

    def __str__(self) -> str:
        """Return the title in the language of the page."""
        return self.title.text

    @property
    def title(self) -> Text:
        """Return the title in the language of the page."""
        return localised(self, "title")

    def is_valid_on(self, day: dt.date) -> bool:
        """Say whether the page is in force on a day; agrees with `PageQuerySet.valid_on`."""
        return self.valid_from <= day and (self.valid_until is None or self.valid_until > day)

    @property
    def body(self) -> Text:
        """Return the Markdown text in the language of the page."""
        return localised(self, "body")
