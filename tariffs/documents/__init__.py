"""What people write: YAML and JSON text as plain values, and plain values checked against a schema.

In: text. Out: validated values, or `UnableToAccept` with every fault. Tariffs, sites, projects, states, events and
plans are all read here; the catalog is the lowest that reads a document, so this stands beside it.
"""
