"""What is on disk between two runs: account state, history, snapshot, log and job results."""
