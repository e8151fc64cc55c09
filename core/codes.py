"""Short random codes for screens and addresses: never sequential, easy to read aloud."""

import secrets

from django.db import models

# No I, L, O, U, 0 or 1: nothing that is confused in print or on the telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code(prefix: str, length: int = 6) -> str:
    """Return a code such as `S-7K4Q2M`; 30**6 are 729 million possibilities."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))


def assign_code(instance: models.Model, prefix: str, *, field: str = "code") -> None:
    """Give a new row a code that no other row of its table has."""
    if getattr(instance, field):
        return
    manager = type(instance)._default_manager
    while True:
        code = new_code(prefix)
        if not manager.filter(**{field: code}).exists():
            setattr(instance, field, code)
            return
