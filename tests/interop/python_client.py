"""python3-kafka as a client of the matrix: the commands of rdkafka_client.c, whose head says what they do.

    python_client.py HOST:PORT produce|read|member|administer ...
"""
import select
import sys
import time

import records
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import (CommitFailedError, IllegalGenerationError, KafkaError, RebalanceInProgressError,
                          TopicAlreadyExistsError, UnknownMemberIdError, UnknownTopicOrPartitionError)

BATCH = 200


def setting(given):
    name, value = given.split("=", 1)
    return {"acks": lambda: ("acks", value if value == "all" else int(value)),
            "codec": lambda: ("compression_type", None if value == "none" else value),
            "max_size": lambda: ("max_request_size", int(value)),
            "timeout_ms": lambda: ("max_block_ms", int(value))}[name]()


def produce(address, topic, *given):
    producer = KafkaProducer(bootstrap_servers=address, **dict({"linger_ms": 5, "retries": 100}, **dict(map(setting, given))))
    sent = []
    for text in sys.stdin:
        record = records.parse(text)
        sent.append(producer.send(topic, partition=record.partition, timestamp_ms=record.timestamp, key=record.key,
                                  value=record.value, headers=[(name, value) for name, value in record.headers]))
    producer.flush()
    for future in sent:
        future.get(60)
    producer.close()


def show(record):
    headers = tuple((name, value) for name, value in record.headers)
    sys.stdout.write(records.read_line(records.Read(record.partition, record.offset, record.timestamp, record.key,
                                                    record.value, headers)))


def taken(consumer, most):
    """Some records, printed, and no more of them than that."""
    count = 0
    for batch in consumer.poll(timeout_ms=100, max_records=most).values():
        for record in batch:
            show(record)
            count += 1
    sys.stdout.flush()
    return count


def read(address, topic, partition, start, count):
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=None, auto_offset_reset="none")
    part = TopicPartition(topic, int(partition))
    consumer.assign([part])
    if start == "beginning":
        consumer.seek_to_beginning(part)
    elif start.startswith("time:"):
        consumer.seek(part, consumer.offsets_for_times({part: int(start[5:])})[part].offset)
    else:
        consumer.seek(part, int(start))
    left = int(count)
    while left > 0:
        left -= taken(consumer, left)
    consumer.close()


def commit(consumer):
    """What was printed; again while the broker is away. After a rebalance it is another member's to read again."""
    for _ in range(100):
        try:
            consumer.commit()
            return
        except (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError) as error:
            print("commit:", error, file=sys.stderr)
            return
        except KafkaError as error:
            print("commit:", error, file=sys.stderr)
            time.sleep(0.1)
    raise RuntimeError("no commit")


def stdin_ended():
    return bool(select.select([sys.stdin], [], [], 0)[0]) and sys.stdin.readline() == ""


def member(address, topic, group, count):
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=group, auto_offset_reset="earliest",
                             enable_auto_commit=False, session_timeout_ms=6000, heartbeat_interval_ms=500)
    consumer.subscribe([topic])
    count, seen, share = int(count), 0, None
    while seen < count if count > 0 else not stdin_ended():
        new = taken(consumer, min(BATCH, count - seen) if count > 0 else BATCH)
        if consumer.assignment() != share:
            share = set(consumer.assignment())
            print("assigned", *sorted(part.partition for part in share), flush=True)
        if new > 0:
            commit(consumer)
        seen += new
    consumer.close()


def fails(kind, call, *arguments):
    try:
        call(*arguments)
    except kind:
        return
    raise AssertionError("%s did not fail with %s" % (arguments, kind))


def administer_topic(admin, name):
    admin.create_topics([NewTopic(name, 1, 1, topic_configs={"retention.ms": "60000"})])
    fails(TopicAlreadyExistsError, admin.create_topics, [NewTopic(name, 1, 1)])
    told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])[0].resources[0]
    configs = {config[0]: config[1] for config in told[4]}
    assert told[0] == 0 and configs["retention.ms"] == "60000" and configs["segment.bytes"] == "1073741824"
    admin.create_partitions({name: NewPartitions(4)})
    assert len(admin.describe_topics([name])[0]["partitions"]) == 4


def administer_group(address, admin, name):
    reader = KafkaConsumer(bootstrap_servers=address, group_id=name, enable_auto_commit=False)
    reader.subscribe([name])
    while len(reader.assignment()) < 4:
        reader.poll(timeout_ms=100)
    reader.commit()
    assert (name, "consumer") in admin.list_consumer_groups()
    group = admin.describe_consumer_groups([name])[0]
    assert (group.state, len(group.members)) == ("Stable", 1), group
    reader.close()
    assert admin.describe_consumer_groups([name])[0].state == "Empty"
    assert len(admin.list_consumer_group_offsets(name)) == 4
    assert admin.delete_consumer_groups([name])[0][1].errno == 0
    assert (name, "consumer") not in admin.list_consumer_groups()


def administer(address, name):
    admin = KafkaAdminClient(bootstrap_servers=address)
    administer_topic(admin, name)
    administer_group(address, admin, name)
    admin.delete_topics([name])
    assert name not in admin.list_topics()
    fails(UnknownTopicOrPartitionError, admin.delete_topics, [name])


def main():
    address, command, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    try:
        {"produce": produce, "read": read, "member": member, "administer": administer}[command](address, *arguments)
    except KafkaError as error:
        sys.exit("error: " + str(error))


main()
