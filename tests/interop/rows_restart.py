"""Rows that outlive the broker: generators, which yield when they are ready for the next end of it.

The first end is a kill -9, the second a clean stop; the broker comes back each time.
"""
import threading
import time

from house import wait_until
from records import numbered
from rows import Row, by_partition, expect, expect_all, expect_same, wait_for_all


def resume(bench):
    """What was committed is where the next one begins, to the record."""
    sent = numbered(0, 900, bench.topic)
    bench.client.produce(bench.topic, sent)
    expect_same(sent[:300], bench.member("resumes", 300).join())
    yield
    expect_same(sent[300:600], bench.member("resumes", 300).join())
    yield
    expect_same(sent[600:], bench.member("resumes", 300).join())


def goes_on(bench):
    """A member lives on while its broker does not."""
    sent = numbered(0, 1200, bench.topic, partitions=4)
    member = bench.member("lives on")
    for first in (0, 400, 800):
        bench.client.produce(bench.topic, by_partition(sent[first:first + 400]))
        wait_for_all(sent[:first + 400], member)
        if first < 800:
            yield
    expect_all(sent, member.leave(), duplicates=not bench.client.exact_after_kill)


class Stream(threading.Thread):
    """Feeds a client with numbered records, on and on."""

    def __init__(self, bench, **settings):
        super().__init__(daemon=True)
        self.feed, self.bench, self.sent = bench.feed(**settings), bench, []
        self.over, self.failure = threading.Event(), None
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                part = numbered(len(self.sent), 50, self.bench.topic)
                self.feed.send(self.bench.client.encode(part))
                self.sent += part
                time.sleep(0.01)
        except Exception as failure:
            self.failure = failure

    def wait(self, more):
        """Until as many are in the log as now and these."""
        wanted = sum(self.bench.ends().values()) + more
        wait_until(lambda: self.failure is not None or sum(self.bench.ends().values()) >= wanted, "more records come in")

    def finish(self):
        self.over.set()
        self.join()
        if self.failure is not None:
            raise self.failure
        self.feed.finish()


def streaming(check, **settings):
    def run(bench):
        stream = Stream(bench, acks="all", **settings)
        stream.wait(2000)
        yield
        stream.wait(2000)
        yield
        stream.wait(2000)
        stream.finish()
        check(stream.sent, bench.read_all())
    return run


def each_at_least_once(sent, reads):
    first = {}
    for read in reads:
        first.setdefault(read.value, read)
    expect(len(reads) >= len(sent), "%d records of %d" % (len(reads), len(sent)))
    expect_all(sent, list(first.values()))


RESTART_ROWS = [
    Row("resume", "commit; client and broker restart; resume", resume, 1),
    Row("goes on", "a member lives through both restarts", goes_on, 4),
    Row("acks all", "acks=all over both: each at least once", streaming(each_at_least_once), 1),
    Row("idempotent", "idempotent, 5 in flight: each once, in order", streaming(expect_same, idempotent=1), 1),
]
