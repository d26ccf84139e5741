"""A site as people see it: what it does now, its fleet, its plans and what became of them, its log.

In: stored plans, readings, alarms and entries. Out: values for the pages of a site. Pages and their routes import it.
"""
