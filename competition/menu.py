"""What every visitor finds in the main menu."""

from django.utils.translation import gettext_lazy as _

from accounts.context import PUBLIC_MENU
from accounts.roles import MenuItem

PUBLIC_MENU += [
    MenuItem(_("Competitions"), "competition:competition-list"),
    MenuItem(_("Results"), "competition:result-list"),
    MenuItem(_("How it works"), "page-show", ("how-it-works",)),
]
