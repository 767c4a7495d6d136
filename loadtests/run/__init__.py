"""Load runs: the service embedded, or on Kafka and Redis, measured at rising rates and judged by its levels.

Started by `python -m loadtests.run`. Speaks HTTP and Kafka only; imports nothing of the inside.
"""
