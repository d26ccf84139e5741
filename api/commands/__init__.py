"""The command line: one command a file. It reads, runs a case and shows the answer."""
