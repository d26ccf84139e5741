"""The laws of the dispatch model, one in each file; `model.state_model` is their table of contents.

Each file names the sets of its law (`..._sets`), declares variables and parameters without values and states the law
(`add_...`), and gives the values of the parameters for one problem (`..._parameters`). The sets are the structure of a
model: problems with the same sets share one compiled model, even if their numbers differ.
"""
