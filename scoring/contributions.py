"""What this app shows on pages of lower apps, and what it checks before a publication."""

from scoring import jury_contributions, machine_contributions, result_contributions

# One module per room; importing it registers what it contributes.
__all__ = ["jury_contributions", "machine_contributions", "result_contributions"]
