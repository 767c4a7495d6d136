"""The open-arrival probe: events sent when they are due, whatever the service does, traced to a console.

Started by `python -m loadtests.probe` and by the load runs. Speaks HTTP only; imports nothing of the inside.
"""
