"""Locust scenarios: days and nights of a control room and of a council, and consoles that come and go.

Each file with users is one scenario for `locust -f`; none imports the inside of the service.
"""
