"""How it is judged: rubrics, juries, benchmarks, evaluations, leaderboards, decisions."""
