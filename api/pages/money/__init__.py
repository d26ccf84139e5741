"""What a site's batteries are worth, as people see it: savings, tariffs, what if.

In: studies, tariffs, answers. Out: values and charts for the pages about money. Pages and their routes import it.
"""
