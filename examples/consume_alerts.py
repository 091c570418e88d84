"""Takes part as an alert consumer: python examples/consume_alerts.py HOST:PORT (needs kafka-python alone)."""

import json
import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "lookout.alerts",
    bootstrap_servers=sys.argv[1],
    group_id="my-alerts",  # a group of your own: alerts are shared within a group, not between groups
    auto_offset_reset="earliest",
    enable_auto_commit=False,
)
for record in consumer:
    event = json.loads(record.value)  # a CloudEvent; its id is the same when it is delivered again
    alert = event["data"]  # an improved alert is another event with the same alert_id
    print(f"{event['time']} {alert['camera_id']} {alert['similarity']:.3f} {alert['description']}", flush=True)
    consumer.commit()  # only now: an alert that was not dealt with comes again
