"""The rows of the matrix that need one broker's life; rows_restart.py has those that outlive it.

A row is a function of a bench: the client, a topic of the row's own, and what a check needs. It fails by Failure.
"""
import collections
import os
import re
import struct
import time

from clients import CODECS
from house import Failure, wait_until
from kafka import KafkaConsumer, TopicPartition
from records import Record, digest, in_order, numbered

# partitions None: the topic is made by producing to it
Row = collections.namedtuple("Row", "key title run partitions configs", defaults=(None, {}))


class Bench:
    """What one row works with; its processes end with it."""

    def __init__(self, house, client, row):
        self.house, self.client, self.row = house, client, row
        self.topic = "%s-%s" % (client.topic, re.sub("[^a-z0-9]+", "-", row.key))
        self.processes = []

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def member(self, group, count=0, **settings):
        member = self.client.member(self.topic, "%s-%s" % (self.topic, group), count, **settings)
        self.processes.append(member.process)
        return member

    def feed(self, **settings):
        feed = self.client.feed(self.topic, **settings)
        self.processes.append(feed.process)
        return feed

    def ends(self):
        """The end offset of each partition."""
        consumer = KafkaConsumer(bootstrap_servers=self.house.address)
        parts = [TopicPartition(self.topic, part) for part in sorted(consumer.partitions_for_topic(self.topic) or ())]
        ends = consumer.end_offsets(parts) if parts else {}
        consumer.close()
        return {part.partition: end for part, end in ends.items()}

    def read_all(self):
        return [read for part, end in self.ends().items() if end > 0
                for read in self.client.read(self.topic, part, "beginning", end)]


def expect(holds, what):
    if not holds:
        raise Failure(what)


def expect_same(sent, reads):
    """sha256 of what was sent beside that of what was read."""
    if digest(sent) == digest(reads):
        return
    plain = [(read.key, read.value, read.headers) for read in reads]
    differ = next((i for i, (one, other) in enumerate(zip(sent, plain)) if (one.key, one.value, one.headers) != other),
                  min(len(sent), len(plain)))
    raise Failure("sent %d records, sha256 %s; read %d, sha256 %s; they differ from the %dth on:\n%.300s\n%.300s" % (
        len(sent), digest(sent), len(reads), digest(reads), differ, sent[differ:differ + 1], reads[differ:differ + 1]))


def number_of(record):
    return int(record.value.split()[0])


def expect_all(sent, reads, duplicates=False):
    """Each record, whatever the order between partitions; within one it is the order of offsets."""
    if duplicates:
        reads = {(read.partition, read.offset): read for read in reads}.values()
    expect_same(sent, sorted(reads, key=number_of))


# ------------------------------------------------------------- produce and consume

def codecs_in(path):
    """The codecs of a segment's record batches."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = set(), 0
    while at + 23 <= len(data):
        found.add(data[at + 22] & 7)
        at += 12 + struct.unpack_from(">i", data, at + 8)[0]
    return found


def varied(client):
    """Keys, values and headers of each kind."""
    made = [Record(None, None, key, value, headers)
            for headers in ((), (("one", b"1"),), (("twice", b"a"), ("twice", b"b"), ("empty", b"")))
            for key, value in ((b"key", b"value"), (None, b"no key"), (b"no value", None), (b"", b"empty key"),
                               (b"empty value", b""), (b"", b""))]
    if not client.only_text:
        made += [Record(None, None, None, b"", ()),
                 Record(None, None, bytes(range(256)), bytes(range(255, -1, -1)) * 3, (("bytes", bytes(range(256))),))]
    return made


def produce(acks, codec):
    def run(bench):
        sent = numbered(0, 500, bench.topic) + varied(bench.client)
        bench.client.produce(bench.topic, sent, acks=acks, codec=codec)
        expect_same(sent, bench.client.read(bench.topic, 0, "beginning", len(sent)))
        path = bench.house.log_path("%s-0/00000000000000000000.log" % bench.topic)
        expect(CODECS[codec] in codecs_in(path), "%s has codecs %s" % (path, codecs_in(path)))
    return run


def keys_and_headers(bench):
    sent = varied(bench.client)
    bench.client.produce(bench.topic, sent)
    expect_same(sent, bench.client.read(bench.topic, 0, "beginning", len(sent)))


def both_null(bench):
    sent = [Record(None, None, None, None, ()), Record(None, None, None, None, (("header", b"alone"),))]
    bench.client.produce(bench.topic, sent)
    expect_same(sent, bench.client.read(bench.topic, 0, "beginning", len(sent)))


def null_header(bench):
    sent = [Record(None, None, b"k", b"v", (("null", None), ("empty", b""), ("null", None)))]
    bench.client.produce(bench.topic, sent)
    expect_same(sent, bench.client.read(bench.topic, 0, "beginning", 1))


def ten_thousand(bench):
    sent = numbered(0, 10000, bench.topic)
    bench.client.produce(bench.topic, sent, acks="all")
    reads = bench.read_all()
    expect(len({read.partition for read in reads}) == 3, "not all partitions have records")
    expect_all(sent, reads)


def one_mebibyte(bench):
    sent = [Record(None, None, None, os.urandom(1 << 19).hex().encode(), ()) for _ in range(3)]
    expect(len(sent[0].value) == 1 << 20, "a wrong size")
    bench.client.produce(bench.topic, sent, acks="all", max_size=2_000_000)
    expect_same(sent, bench.client.read(bench.topic, 0, "beginning", len(sent)))


def by_offset(bench):
    sent = numbered(0, 2000, bench.topic)
    bench.client.produce(bench.topic, sent)
    for first in (0, 1, 777, 1999):
        reads = bench.client.read(bench.topic, 0, first, len(sent) - first)
        expect_same(sent[first:], reads)
        expect([read.offset for read in reads] == list(range(first, len(sent))), "offsets do not follow each other")


def by_timestamp(bench):
    sent = numbered(0, 1000, bench.topic)
    told = bench.client.says_times
    first_ms = int(time.time() * 1000) - 3_600_000  # not so long ago that it is deleted
    if told:
        sent = [record._replace(timestamp=first_ms + 10 * i) for i, record in enumerate(sent)]
    bench.client.produce(bench.topic, sent[:500])
    time.sleep(0.01)
    bench.client.produce(bench.topic, sent[500:])
    times = [read.timestamp for read in bench.client.read(bench.topic, 0, "beginning", len(sent))]
    expect(not told or times == [record.timestamp for record in sent], "other times than those sent")
    for wanted in (times[0], times[499] + 1, times[500], times[700] - 1, times[-1]):
        first = next(i for i, time_ms in enumerate(times) if time_ms >= wanted)
        expect_same(sent[first:], bench.client.read(bench.topic, 0, "time:%d" % wanted, len(sent) - first))


# ------------------------------------------------------------------------- groups

def by_group(bench):
    """A client that starts again in its group has what is new, and that alone."""
    sent = numbered(0, 1500, bench.topic)
    bench.client.produce(bench.topic, sent[:900])
    expect_all(sent[:900], bench.member("readers", 900).join())
    bench.client.produce(bench.topic, sent[900:])
    expect_all(sent[900:], bench.member("readers", 600).join())


def share_all(*members):
    """All partitions are shared out, none twice."""
    shares = [member.share for member in members]
    return all(shares) and sum(map(len, shares)) == 4 and set().union(*shares) == {0, 1, 2, 3}


def wait_for_all(sent, *members):
    def read():
        return {number_of(read) for member in members for read in list(member.reads)}
    for member in members:
        if member.process.returncode is None:
            member.wait(lambda: len(read()) >= len(sent), lambda: "%d of %d records" % (len(read()), len(sent)))


def join_and_leave(bench, **settings):
    sent = numbered(0, 1200, bench.topic, partitions=4)
    first = bench.member("pair", **settings)
    first.wait(lambda: share_all(first), "the first has all partitions")
    bench.client.produce(bench.topic, by_partition(sent[:400]))
    wait_for_all(sent[:400], first)
    second = bench.member("pair", **settings)
    second.wait(lambda: share_all(first, second), "both have a share")
    bench.client.produce(bench.topic, by_partition(sent[400:800]))
    wait_for_all(sent[:800], first, second)
    expect(len(second.reads) == 200, "the second has read %d" % len(second.reads))
    second.leave()
    first.wait(lambda: share_all(first), "the first has all partitions again")
    bench.client.produce(bench.topic, by_partition(sent[800:]))
    wait_for_all(sent, first, second)
    expect_all(sent, first.leave() + second.reads)


def by_partition(sent):
    """kcat has a run for each partition that is told: four runs are enough."""
    return sorted(sent, key=lambda record: record.partition)


def cooperative(bench):
    join_and_leave(bench, **{bench.client.cooperative: "cooperative-sticky"})


def killed(bench):
    """What the killed one had is read by the other, from where it had committed."""
    sent = numbered(0, 800, bench.topic, partitions=4)
    first, second = bench.member("pair"), bench.member("pair")
    first.wait(lambda: share_all(first, second), "both have a share")
    bench.client.produce(bench.topic, by_partition(sent[:400]))
    wait_for_all(sent[:400], first, second)
    second.kill()
    bench.client.produce(bench.topic, by_partition(sent[400:]))
    first.wait(lambda: share_all(first), "the first has all partitions")
    wait_for_all(sent, first, second)
    expect_all(sent, first.leave() + second.reads, duplicates=True)


def administration(bench):
    bench.client.administer(bench.topic)


# ------------------------------------------------------------------------- errors

def expect_error(bench, key, topic, sent, **settings):
    try:
        bench.client.produce(topic, sent, timeout_ms=4000, **settings)
    except Failure as failure:
        expect(re.search(bench.client.errors[key], str(failure)), "another error: %s" % failure)
        return
    raise Failure("no error")


def oversize(bench):
    small = numbered(0, 10, bench.topic)
    bench.client.produce(bench.topic, small)
    expect_error(bench, "oversize", bench.topic, [Record(None, None, None, b"x" * 3_000_000, ())], max_size=5_000_000)
    bench.client.produce(bench.topic, small)
    expect_same(small + small, bench.client.read(bench.topic, 0, "beginning", 20))


def invalid_topic(bench):
    expect_error(bench, "invalid", "not/valid", numbered(0, 1))


def missing_partition(bench):
    bench.client.produce(bench.topic, numbered(0, 1))
    expect_error(bench, "partition", bench.topic, [numbered(0, 1)[0]._replace(partition=77)])


def unknown_topic(bench):
    expect_error(bench, "unknown", bench.topic, numbered(0, 1), **bench.client.unknown_settings)
    expect(bench.ends() == {}, "the topic was made")


LARGE = {"max.message.bytes": "2097152"}
ROWS = [Row("produce %s %s" % (acks, codec), "produce acks=%s, %s" % (acks, codec), produce(acks, codec))
        for codec in CODECS for acks in ("0", "1", "all")] + [
    Row("keys", "keys, nulls, empty ones, headers", keys_and_headers),
    Row("both null", "null key with null value", both_null),
    Row("null header", "a header that is null", null_header),
    Row("ten thousand", "10,000 records", ten_thousand, 3),
    Row("mebibyte", "records of 1 MiB", one_mebibyte, 1, LARGE),
    Row("offset", "consume by offset", by_offset),
    Row("timestamp", "consume by timestamp", by_timestamp),
    Row("group", "consume by group; the client restarts", by_group, 3),
    Row("members", "a member joins, one leaves", join_and_leave, 4),
    Row("cooperative", "the same, cooperatively", cooperative, 4),
    Row("killed", "a member is killed", killed, 4),
    Row("administration", "topics and groups administered", administration),
    Row("oversize", "error: a record too large", oversize, 1),
    Row("invalid", "error: an invalid topic name", invalid_topic),
    Row("partition", "error: a partition that is not there", missing_partition, 1),
]
# Where topics are not made by producing to them.
LAST_ROWS = [Row("unknown", "error: an unknown topic", unknown_topic)]
