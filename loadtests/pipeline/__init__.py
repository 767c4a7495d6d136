"""Throughput and latency through the real broker, beside bare kafka-python in the same run.

Started by `python -m loadtests.pipeline`. Speaks HTTP and Kafka only; imports nothing of the inside.
"""
