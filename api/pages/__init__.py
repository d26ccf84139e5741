"""Pages for people: values in, HTML out, with a stylesheet and scripts of our own and nothing from elsewhere.

In: a stored site, answers, figures. Out: text of a page. `api/http/dashboard` has the routes, and imports this.
"""
