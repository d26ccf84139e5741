"""A simulated UPS system and its site: it drives tests, examples and commissioning.

State is data (`state`), logic is code (`physics`). Nothing of the optimizer or the reserve is used: it judges them.
"""
