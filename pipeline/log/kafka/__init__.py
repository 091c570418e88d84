"""The event log on Kafka, through kafka-python."""
