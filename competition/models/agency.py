"""Public bodies and their staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from core.access import key_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class AgencyQuerySet(models.QuerySet["Agency"]):
    """Filters over agencies."""

    def of_staff(self, user: User | AnonymousUser) -> AgencyQuerySet:
        """Agencies the person works for."""
        return self.filter(memberships__user=key_of(user))

    def public(self) -> AgencyQuerySet:
        """Agencies with a public statement."""
        from competition.models.challenge import Challenge  # noqa: PLC0415  (circular)

        return self.filter(pk__in=Challenge.objects.public().values("agency"))

    def visible_to(self, user: User | AnonymousUser) -> AgencyQuerySet:
        """Agencies with a public statement, and those the person works for."""
        public = Agency.objects.public().values("pk")
        mine = Agency.objects.of_staff(user).values("pk")
        return self.filter(models.Q(pk__in=public) | models.Q(pk__in=mine))


class Agency(models.Model):
    """A public body that posts problem statements."""

    name = models.CharField(_("name"), max_length=160, unique=True)
    slug = models.SlugField(_("address on this site"), max_length=60, unique=True)
    about_de = models.TextField(_("description (German)"), blank=True, max_length=3_000)
    about_en = models.TextField(_("description (English)"), blank=True, max_length=3_000)
    email_domain = models.CharField(
        _("e-mail domain"),
        max_length=120,
        blank=True,
        help_text=_("Used to notice conflicts of interest, such as musterkreis.example."),
    )

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def about(self) -> Text:
        """Return the description in the language of the page."""
        return localised(self, "about")

    def get_absolute_url(self) -> str:
        """Return the public page."""
        return reverse("competition:agency-show", args=[self.slug])


class AgencyRole(models.TextChoices):
    """What a member of an agency's staff may do."""

    EDITOR = "editor", _("Editor")
    OWNER = "owner", _("Owner")


class AgencyMembership(models.Model):
    """A person who works for an agency."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agency_memberships"
    )
    role = models.CharField(max_length=10, choices=AgencyRole.choices, default=AgencyRole.EDITOR)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agency", "user"], name="agency_membership_is_unique")
        ]

    def __str__(self) -> str:
        """Return person and agency."""
        return f"{self.user} – {self.agency}"
