"""From a site's inputs to a plan, its reserve, and the judgement of a plan from anywhere.

In: what `reading` made of the site and its series. Out: `PlannedDay`, reserves, certificates.
"""
