"""Work that outlives a request: studies, plans by the clock, deliveries.

In: what the service submits. Out: jobs in the store, with progress and files. Only `api/http` and `api/commands` import
it, and only `engine.py` knows DBOS.
"""
