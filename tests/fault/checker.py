"""What was written and acknowledged, and whether it is there: counted as passed and failed."""
import time

import confluent_kafka
from cluster import PATIENCE, wait_until

NOWHERE = -1  # an offset
passed = failed = 0


def expect(what, seen, wanted=True):
    global passed, failed
    if seen == wanted:
        passed += 1
        return
    failed += 1
    print(f"not so: {what}: {seen!r:.300}, not {wanted!r:.300}")


class Writer:
    """Numbers into one topic, round robin; what was acknowledged, and where."""

    def __init__(self, servers, topic, partitions, settings):
        self.topic, self.partitions, self.next, self.acknowledged, self.refused = topic, partitions, 0, {}, []
        self.once = bool(settings.get("enable.idempotence"))
        self.last, self.longest = time.monotonic(), 0.0  # between acknowledgements
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": servers, "acks": "all", "linger.ms": 1, "retry.backoff.ms": 50,
            "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100, "message.timeout.ms": 3600 * 1000,
            "log_level": 0, **settings})

    def told(self, error, message):
        if error:
            self.refused.append((int(message.value()), str(error)))
            return
        # librdkafka knows no offset of what it was told to be a duplicate of.
        offset = message.offset()
        self.acknowledged[int(message.value())] = (message.partition(), NOWHERE if offset is None else offset)
        now = time.monotonic()
        self.longest, self.last = max(self.longest, now - self.last), now

    def write(self, count):
        try:
            for _ in range(count):
                self.producer.produce(self.topic, str(self.next), partition=self.next % self.partitions,
                                      on_delivery=self.told)
                self.next += 1
        except BufferError:
            pass
        except confluent_kafka.KafkaException as error:  # it has given up
            self.refused.append((self.next, str(error)))
        self.poll()

    def poll(self):
        try:
            self.producer.poll(0)
        except confluent_kafka.KafkaException as error:
            self.refused.append((self.next, str(error)))

    def finish(self):
        expect(f"{self.topic}: all are answered", self.producer.flush(PATIENCE), 0)


def read_all(servers, topic, partitions):
    """partition -> [(offset, number)]"""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": servers, "group.id": "checker", "log_level": 0,
                                         "enable.partition.eof": True, "fetch.wait.max.ms": 20})
    consumer.assign([confluent_kafka.TopicPartition(topic, number, 0) for number in range(partitions)])
    found, ended, end = {number: [] for number in range(partitions)}, set(), time.monotonic() + PATIENCE
    while len(ended) < partitions and time.monotonic() < end:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            if message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            continue
        found[message.partition()].append((message.offset(), int(message.value())))
    consumer.close()
    return found


def check(cluster, writer, size=None):
    """Of a topic with so many replicas; None: on all brokers."""
    topic, found = writer.topic, read_all(cluster.servers, writer.topic, writer.partitions)
    expect(f"{topic}: nothing was refused", writer.refused[:3], [])
    expect(f"{topic}: all were acknowledged", len(writer.acknowledged), writer.next)
    places = {(partition, offset): value for partition, pairs in found.items() for offset, value in pairs}
    lost = [(value, place) for value, place in writer.acknowledged.items()
            if place[1] > NOWHERE and places.get(place) != value]
    expect(f"{topic}: acknowledged, and not there", lost[:3], [])
    for partition, pairs in found.items():
        seen = [value for _, value in pairs] if writer.once else sorted({value for _, value in pairs})
        expect(f"{topic}-{partition}: each {'once, in order' if writer.once else 'is there'}",
               first_difference(seen, list(range(partition, writer.next, writer.partitions))), None)
    cluster.wait_for_isr(topic, writer.partitions, size or len(cluster.brokers))
    if size is not None and size < len(cluster.brokers):
        return
    wait_until(lambda: not cluster.differences(topic, writer.partitions),
               lambda: f"{topic}: equal logs: {cluster.differences(topic, writer.partitions)}")


def first_difference(seen, wanted):
    """(place, what is there, what should be); None: they are the same."""
    for place, (one, other) in enumerate(zip(seen + [None], wanted + [None])):
        if one != other:
            return place, one, other
    return None if len(seen) == len(wanted) else (len(wanted), "more", None)
