"""What the service does with a stored site: it keeps readings, plans, raises alarms, replays the past and tells others.

In: a database, a site's id, a moment. Out: what was kept. Routes and scheduled jobs use it; it knows no HTTP server.
"""
