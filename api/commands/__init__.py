"""The command line: one command in each file. A command reads, runs a case and shows the answer."""
