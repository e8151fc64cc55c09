"""What the demo prints and what its invented material is like."""

from __future__ import annotations

import re

import pytest

from accounts.queries import DEMO_DOMAIN
from config.demo import report, tickets
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


def test_tickets_of_one_seed_are_the_same():
    assert tickets.tickets() == tickets.tickets()
    assert tickets.tickets(seed=1) != tickets.tickets(seed=2)


def test_more_keywords_guess_better_and_none_guesses_all():
    truth = {key: group for key, _text, group in tickets.tickets()}

    shares = [
        sum(truth[key] == group for key, group in tickets.predictions(words)) / len(truth)
        for words in (2, 3, 4)
    ]

    assert shares == sorted(shares)
    assert 0.5 < shares[0] < shares[1] - 0.05 < shares[2] - 0.1 < 0.9
