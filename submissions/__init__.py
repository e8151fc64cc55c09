"""What is answered: teams, their submissions, files and receipts."""
