"""Dispatch of data-center UPS batteries that saves money and never touches the backup reserve."""
