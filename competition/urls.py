"""Addresses of competition."""

from django.urls import URLPattern, URLResolver, path

from competition.views import challenge, office, public

_CHALLENGE = "competitions/<slug:slug>/challenges/<str:code>/"

app_name = "competition"
urlpatterns: list[URLPattern | URLResolver] = [
    # -- public -----------------------------------------------------------------------------------
    path("competitions/", public.competition_list, name="competition-list"),
    path("competitions/<slug:slug>/", public.competition_show, name="competition-show"),
    path("competitions/<slug:slug>/rules/", public.rules_show, name="rules-show"),
    path("competitions/<slug:slug>/terms/", public.terms_show, name="terms-show"),
    path(_CHALLENGE, challenge.challenge_show, name="challenge-show"),
    path(
        f"{_CHALLENGE}data/<str:resource_code>/",
        challenge.resource_download,
        name="resource-download",
    ),
    path("agencies/", public.agency_list, name="agency-list"),
    path("agencies/<slug:slug>/", public.agency_show, name="agency-show"),
    path("results/", public.result_list, name="result-list"),
    # -- competition office -----------------------------------------------------------------------
    path("office/", office.office_list, name="office-list"),
]
