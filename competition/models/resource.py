"""Files that a problem statement gives to participants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition.models.bilingual import Text, localised
from competition.states import PUBLIC_STATES, Audience
from core.codes import assign_code

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Filters over resources."""

    def visible_to(self, user: User | AnonymousUser) -> ResourceQuerySet:
        """Resources whose file the person may download.

        Public statements: by audience. "Participants" is decided by the app that knows teams: it
        registers a filter in `competition.extensions.participant_filters`.
        """
        from competition.extensions import participates  # noqa: PLC0415  (thin method)
        from competition.models.challenge import Challenge  # noqa: PLC0415  (circular)

        audiences = [Audience.PUBLIC]
        if user.is_authenticated:
            audiences.append(Audience.REGISTERED)
        allowed = models.Q(
            audience__in=audiences,
            challenge__state__in=PUBLIC_STATES,
            challenge__competition__published_at__isnull=False,
        )
        inside = Challenge.objects.of_agency_staff(user).values("pk")
        organised = Challenge.objects.organised_by(user).values("pk")
        allowed |= models.Q(challenge__in=inside) | models.Q(challenge__in=organised)
        if user.is_authenticated:
            allowed |= models.Q(
                audience=Audience.PARTICIPANTS,
                challenge__state__in=PUBLIC_STATES,
                challenge__in=participates(user),
            )
        return self.filter(allowed)


class Resource(models.Model):
    """A data package or document of a statement."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    challenge = models.ForeignKey(
        "competition.Challenge", on_delete=models.CASCADE, related_name="resources"
    )
    title_de = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=120, blank=True)
    file_name = models.CharField(_("file name"), max_length=120)
    key = models.CharField(max_length=200, unique=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    licence = models.CharField(_("licence"), max_length=60, blank=True)
    audience = models.CharField(
        _("who may download it"), max_length=20, choices=Audience.choices, default=Audience.PUBLIC
    )
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering: ClassVar = ["title_de"]

    def __str__(self) -> str:
        """Return the file name."""
        return self.file_name

    @property
    def title(self) -> Text:
        """Return the title in the language of the page."""
        return localised(self, "title")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new resource its code."""
        assign_code(self, "D")
        super().save(*args, **kwargs)
