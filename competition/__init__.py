"""What is asked: agencies, competitions, problem statements, phases, terms."""
