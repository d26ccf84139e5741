"""What the service knows, plans and does at each site: readings, plans, holds, alarms and the journal.

In: connections, and domain values. Out: frozen values. `api`, and what the store forgets (`tidying`), import it.
"""
