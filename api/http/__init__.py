"""The HTTP service: routes, problem documents and the processes that solve."""
