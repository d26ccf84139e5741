"""Interfaces: the command line and the HTTP service. They translate, and hold no logic."""
