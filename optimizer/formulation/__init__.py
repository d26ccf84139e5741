"""The laws of the dispatch model, one a file; `optimizer.model.build_model` is their table of contents.

Each file declares the sets, parameters and variables of its law and then states it; every parameter is mutable, so
that one model can serve many plans.
"""
