"""The processes of the service: the server that talks to clients, and the workers that solve."""
