"""What the demo prints and what its invented material is like."""

from __future__ import annotations

import re

import pytest

from accounts.queries import DEMO_DOMAIN
from config.demo import report
from tests.factories import AgencyFactory, UserFactory, agency_staff


@pytest.mark.django_db
def test_accounts_stand_in_columns_however_long_an_address_is():
    short = UserFactory(email=f"a@b.{DEMO_DOMAIN}", is_auditor=True)
    long = f"berta@{'landesit' * 3}.{DEMO_DOMAIN}"
    agency_staff(AgencyFactory(name="Landesbetrieb"), email=long)

    lines = report.accounts().splitlines()

    starts = [[match.start() for match in re.finditer(r"\S+", line)] for line in lines]
    assert [line.split()[1] for line in lines[2:]] == [long, short.email]
    assert {row[1] for row in starts} == {starts[0][1]}
    assert lines[2].index("Landesbetrieb") == lines[0].index("acts for")
    assert [line for line in lines if line != line.rstrip()] == []
