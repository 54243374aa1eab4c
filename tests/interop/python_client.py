"""What python3-kafka does with a broker; each step asserts.

    python_client.py HOST:PORT            topics, keys, headers, groups, offsets
    python_client.py HOST:PORT after N    after a restart: group `readers` has read all N numbers
"""
import sys
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError

COUNT = 2000


def value_of(number):
    return None if number % 7 == 0 and number % 10 != 0 else b"v%d" % number


def consumer(address, group, **options):
    return KafkaConsumer(bootstrap_servers=address, group_id=group, auto_offset_reset="earliest",
                         enable_auto_commit=False, consumer_timeout_ms=5000, **options)


def produce(address):
    producer = KafkaProducer(bootstrap_servers=address, acks="all")
    futures = [producer.send("python", key=None if i % 10 == 0 else b"k%d" % i, value=value_of(i),
                             headers=[("n", b"%d" % i)], timestamp_ms=1_700_000_000_000 + i) for i in range(COUNT)]
    placed = [future.get(20) for future in futures]
    producer.close()
    assert len({(record.partition, record.offset) for record in placed}) == COUNT


def read_all(address):
    reader = consumer(address, "python")
    reader.subscribe(["python"])
    seen = {}
    for record in reader:
        number = int(record.headers[0][1])
        assert number not in seen
        assert record.key == (None if number % 10 == 0 else b"k%d" % number)
        assert record.value == value_of(number)
        assert record.timestamp == 1_700_000_000_000 + number
        seen[number] = record
        if len(seen) == COUNT:
            break
    assert len(seen) == COUNT, len(seen)
    reader.commit()
    return reader


def offsets_by_time(reader):
    parts = [TopicPartition("python", p) for p in range(3)]
    assert sum(reader.end_offsets(parts).values()) == COUNT
    assert all(offset == 0 for offset in reader.beginning_offsets(parts).values())
    found = reader.offsets_for_times({part: 1_700_000_000_000 + COUNT // 2 for part in parts})
    assert all(at.timestamp >= 1_700_000_000_000 + COUNT // 2 for at in found.values())


class Member(threading.Thread):
    """Polls by itself, as a member that waits for a rebalance blocks its thread."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.share, self.leaves = address, set(), threading.Event()
        self.start()

    def run(self):
        reader = consumer(self.address, "pair", heartbeat_interval_ms=500)
        reader.subscribe(["python"])
        while not self.leaves.is_set():
            reader.poll(timeout_ms=200)
            self.share = set(reader.assignment())
        reader.close()


def wait_until(holds):
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def two_members(address):
    first, second = Member(address), Member(address)
    wait_until(lambda: first.share and second.share and not first.share & second.share and
               len(first.share | second.share) == 3)
    second.leaves.set()
    wait_until(lambda: len(first.share) == 3)
    first.leaves.set()
    first.join(10)
    second.join(10)


def administer(admin):
    try:
        admin.create_topics([NewTopic("python", 1, 1)])
        raise AssertionError("a topic was made twice")
    except TopicAlreadyExistsError:
        pass
    assert ("python", "consumer") in admin.list_consumer_groups()
    group = admin.describe_consumer_groups(["python"])[0]
    assert (group.state, len(group.members)) == ("Stable", 1), group
    admin.create_topics([NewTopic("short-lived", 1, 1, topic_configs={"retention.ms": "60000"})])
    told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "short-lived")])[0].resources[0]
    configs = {config[0]: config[1] for config in told[4]}
    assert told[0] == 0 and configs["retention.ms"] == "60000" and configs["segment.bytes"] == "1073741824"
    admin.create_partitions({"short-lived": NewPartitions(4)})
    assert len(admin.describe_topics(["short-lived"])[0]["partitions"]) == 4
    admin.delete_topics(["short-lived"])
    assert "short-lived" not in admin.list_topics()
    try:
        admin.delete_topics(["never-was"])
        raise AssertionError("a topic was deleted that never was")
    except UnknownTopicOrPartitionError:
        pass


def goes_on(address, count):
    """What was committed before the broker was killed is where the group stands."""
    reader = consumer(address, "readers")
    part = TopicPartition("numbers", 0)
    assert reader.committed(part) == count, reader.committed(part)
    reader.close()
    committed = KafkaAdminClient(bootstrap_servers=address).list_consumer_group_offsets("python")
    assert sum(at.offset for at in committed.values()) == COUNT, committed


def main():
    address = sys.argv[1]
    if len(sys.argv) == 4:
        goes_on(address, int(sys.argv[3]))
        return
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic("python", 3, 1)])
    produce(address)
    reader = read_all(address)
    offsets_by_time(reader)
    administer(admin)
    reader.close()
    two_members(address)


main()
