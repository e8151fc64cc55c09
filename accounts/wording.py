"""Sentences of allauth and Django that our catalogue translates itself.

Their own German mixes the familiar with the formal address and is often too short to act upon. A
sentence listed here is extracted with our strings, and our translation wins over the library's.
"""

from django.utils.translation import gettext_lazy as _

SENTENCES = (
    _("Be patient, you are sending too many requests."),
    _("Incorrect code."),
    _("Incorrect password."),
    _("Please type your current password."),
    _("The email address and/or password you specified are not correct."),
    _("This email address is already associated with this account."),
    _("This field is required."),
    _("Too many failed login attempts. Try again later."),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    _("You cannot add an email address to an account protected by two-factor authentication."),
    _("You cannot deactivate two-factor authentication."),
    _("You cannot remove your primary email address."),
    _("You must type the same email each time."),
    _("You must type the same password each time."),
    _("Your primary email address must be verified."),
)
