"""The laws of the dispatch model, one a file; `optimizer.model.build_model` is their table of contents."""
