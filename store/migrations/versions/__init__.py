"""The changes: `m0001_...`, `m0002_...`, each with the `revision` of its number and the `down_revision` before it."""
