"""The product's addresses and the page of all components, which exists in debug mode only."""

from django.urls import path

from config.styleguide import styleguide
from config.urls import urlpatterns as product

urlpatterns = [path("styleguide/", styleguide), *product]
