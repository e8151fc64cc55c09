"""What is never deleted of competitions and problem statements."""

from core.keeping import Kept, kept

_NOT_PUBLIC = "(SELECT published_at FROM competition_challenge WHERE id = OLD.challenge_id) IS NULL"

for _row in (
    Kept("competition.Competition"),
    Kept("competition.Agency"),
    Kept("competition.Terms", unless="OLD.published_at IS NULL"),
    Kept("competition.Challenge"),
    Kept("competition.StatementVersion"),
    Kept("competition.ReviewMessage"),
    # The agency plans anew, and replaces files, until the statement is published.
    Kept("competition.Phase", unless=_NOT_PUBLIC),
    Kept("competition.PreCheck", unless=_NOT_PUBLIC),
    Kept("competition.Resource", unless=_NOT_PUBLIC),
    Kept("competition.PhaseChange"),
):
    kept.register(_row)
