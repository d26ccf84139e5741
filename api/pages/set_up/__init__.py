"""The form of a site: its document as fields, with faults and differences beside them.

In: a site document, or what was typed or dropped. Out: values for the set-up pages. Pages and their routes import it.
"""
