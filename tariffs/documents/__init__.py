"""Documents: YAML and JSON text as plain values, and plain values checked against a schema.

In: text. Out: validated values, or `UnableToAccept` with every fault. Tariffs, sites, projects, states, events and
plans are all read here. This folder is in `tariffs` because the catalog is the lowest reader of documents.
"""
