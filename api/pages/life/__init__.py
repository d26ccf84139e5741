"""The life of a site's batteries: what they were put through this year, and what trading takes from the years to come.

In: what is counted from telemetry, and the document of a life. Out: rows, a chart, and answers that are kept for a day.
`api/pages/site/site_now.py` and `api/http/dashboard` import this.
"""
