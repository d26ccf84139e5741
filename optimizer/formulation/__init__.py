"""The laws of the dispatch model, one a file; `optimizer.formulation.model.state_model` is their table of contents.

Each file says which sets its law runs over (`..._sets`), declares parameters without values and variables, states the
law (`add_...`), and gives the values of the parameters for one problem (`..._parameters`). Sets make the structure of a
model: problems with the same sets share one compiled model, whatever their numbers are.
"""
