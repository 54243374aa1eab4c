"""The least that a test of a klammd on Debian's ZooKeeper does with its znodes and with records."""
from house import WAIT_S, wait_until
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kazoo.client import KazooClient
from rows import expect

CHROOT = "/chroot"


class Tree:
    """The znodes, as somebody without a password sees them."""

    def __init__(self, house):
        self.client = KazooClient("127.0.0.1:%d" % house.zookeeper_port)

    def __enter__(self):
        self.client.start(WAIT_S)
        return self.client

    def __exit__(self, *_):
        self.client.stop()
        self.client.close()


def create(house, topic):
    admin = KafkaAdminClient(bootstrap_servers=house.address)
    try:
        admin.create_topics([NewTopic(topic, 1, 1)], timeout_ms=10000)
    finally:
        admin.close()


def produce(house, topic, values):
    producer = KafkaProducer(bootstrap_servers=house.address, acks="all")
    answers = [producer.send(topic, value.encode(), partition=0) for value in values]
    for answer in answers:
        answer.get(WAIT_S)
    producer.close()


def served(house, topic, values):
    consumer = KafkaConsumer(bootstrap_servers=house.address)
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek_to_beginning()
    seen = []
    wait_until(lambda: seen.extend(record.value.decode() for records in consumer.poll(500).values()
                                   for record in records) or len(seen) >= len(values), "all records come")
    consumer.close()
    expect(seen == values, "%s holds %r" % (topic, seen))
