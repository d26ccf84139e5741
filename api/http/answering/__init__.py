"""How routes read requests and answer them: strict bodies, problems, answers that a worker makes."""
