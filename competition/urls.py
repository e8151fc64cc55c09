"""Addresses of competition."""

from django.urls import URLPattern, URLResolver, path

from competition.views import office

app_name = "competition"
urlpatterns: list[URLPattern | URLResolver] = [
    # -- competition office -----------------------------------------------------------------------
    path("office/", office.office_list, name="office-list"),
]
