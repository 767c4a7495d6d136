"""Load from outside: scenarios and probes that speak HTTP and Kafka, and import nothing of the inside."""
