"""Events of an OpenADR 3 server, as what the grid asks of a site.

In: a site's settings, and the server's events. Out: conditions and an import limit of a moment. `commands` import it.
"""
