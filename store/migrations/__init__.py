"""How the tables of the store came about: one file a change in `versions/`, in one line, run when it is opened."""
