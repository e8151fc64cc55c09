"""How it is judged: rubrics, juries, assessments, benchmarks, evaluations, leaderboards, decisions."""
