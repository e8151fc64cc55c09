"""Addresses of competition."""

from django.urls import URLPattern, URLResolver

app_name = "competition"
urlpatterns: list[URLPattern | URLResolver] = []
