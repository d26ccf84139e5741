"""What runs for sites: jobs and their files, the processes that run them, and how far the schedule was dealt with.

In: connections. Out: frozen values. The interface's `jobs` imports it.
"""
