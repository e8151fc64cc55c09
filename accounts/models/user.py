"""A person. The e-mail address is the login; there is no user name."""

from __future__ import annotations

from typing import Any, ClassVar

import rules
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import clock


def normalise_email(email: str) -> str:
    """Return the one form in which addresses are stored and compared: trimmed, lower case."""
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    """Create users by address: the one way in beside the sign-up page."""

    def create_user(
        self,
        email: str,
        password: str | None = None,
        *,
        is_confirmed: bool = False,
        **fields: Any,
    ) -> User:
        """Create a person with their address, which they confirm on the first sign-in.

        Without a password they sign in by code or passkey.
        """
        with transaction.atomic(using=self._db):
            user = self.model(email=normalise_email(email), **fields)
            user.set_password(password)
            user.save(using=self._db)
            self.store_address(user, is_confirmed=is_confirmed)
        return user

    def store_address(self, user: User, *, is_confirmed: bool = False) -> None:
        """Make the person's address the only one that allauth knows of them.

        Were its row missing, allauth would add it while a page is read.
        """
        from allauth.account.models import (  # noqa: PLC0415  (needs the model of this module)
            EmailAddress,
        )

        known = EmailAddress.objects.using(self._db).filter(user=user)
        known.exclude(email=user.email).delete()
        known.get_or_create(
            email=user.email, defaults={"user": user, "primary": True, "verified": is_confirmed}
        )

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an operator of the installation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a person by address, whatever its capitals."""
        return self.get(email=normalise_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account; what they may do follows from memberships and seats elsewhere."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the technical administration"), default=False)
    is_auditor = models.BooleanField(
        _("auditor"), default=False, help_text=_("Reads the audit log, changes nothing.")
    )
    date_joined = models.DateTimeField(_("joined"), default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        """Return how the person is called on screen."""
        return self.display_name

    @property
    def display_name(self) -> str:
        """Return the name, or the address where no name was given."""
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name for allauth and the admin."""
        return self.display_name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Say whether the rules allow it; on a row they decide alone.

        Django grants superusers everything. Ours run the machine: that opens no draft, submission
        or assessment of others (R-3). Without a row Django decides, as its administration needs.
        """
        if obj is None:
            return super().has_perm(perm)
        return bool(rules.has_perm(perm, self, obj))

    def clean(self) -> None:
        """Store the address in its one form."""
        super().clean()
        self.email = normalise_email(self.email)
