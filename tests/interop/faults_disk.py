"""Disks that are full or fail, under a whole klammd: a tmpfs, and ext4 on a loop device whose store has no room."""
import contextlib
import os
import subprocess

import clients
import raw
from house import House, wait_until
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from raw import Raw
from records import numbered
from rows import expect, expect_same

STORAGE_ERROR = 56


@contextlib.contextmanager
def mounted(house, name, *options):
    path = house.path(name)
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", *options, path], check=True)
    try:
        yield path
    finally:
        if house.broker is not None:
            house.kill_broker()
        subprocess.run(["umount", path], check=True)


def fill(path, left):
    """A file that leaves so much of the disk."""
    disk = os.statvfs(path)
    with open(path + "/ballast", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - left)


def make_topics(house, names):
    admin = KafkaAdminClient(bootstrap_servers=house.address)
    for name in names:
        admin.create_topics([NewTopic(name, 1, 1)])
    admin.close()


def expect_refused(house, topic):
    def refused():
        with Raw(house) as peer:
            code, _ = peer.produce(topic, raw.batch(raw.record(b"any")))
            return code == STORAGE_ERROR
    wait_until(refused, "%s: KAFKA_STORAGE_ERROR" % topic)


def full(house):
    """F20: appends are refused and all is served; when there is room again, who waited is served too."""
    with mounted(house, "small", "-t", "tmpfs", "-o", "size=64m", "tmpfs") as small:
        house.overrides += ["log.dirs=%s/logs" % small, "klamm.embedded.zookeeper.dir=" + house.path("zookeeper")]
        house.start_broker()
        client, sent = clients.librdkafka(house.address), numbered(0, 400)
        make_topics(house, ["kept", "probe"])
        client.produce("kept", sent[:200], acks="all")
        fill(small, 1 << 20)
        expect_refused(house, "probe")
        expect_same(sent[:200], client.read("kept", 0, "beginning", 200))
        waits = client.feed("kept", acks="all")
        waits.send(client.encode(sent[200:]))
        expect_refused(house, "probe")
        os.remove(small + "/ballast")
        waits.finish()
        house.kill_broker()
        house.start_broker()
        expect_same(sent, client.read("kept", 0, "beginning", 400))


def fails(house):
    """F21, F24: after a sync that failed the dir is no longer served; the other one is; what was acknowledged is there."""
    with mounted(house, "store", "-t", "tmpfs", "-o", "size=16m", "tmpfs") as store:
        subprocess.run(["truncate", "-s", "64M", store + "/image"], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=0", store + "/image"], check=True)
        with mounted(house, "bad", "-o", "loop", store + "/image") as bad:
            on_two_dirs(house, store, bad)


def on_two_dirs(house, store, bad):
    house.overrides += ["log.dirs=%s,%s/logs" % (house.path("good"), bad), "log.flush.interval.messages=1",
                        "klamm.embedded.zookeeper.dir=" + house.path("zookeeper")]
    house.start_broker()
    client, sent = clients.librdkafka(house.address), numbered(0, 100)
    make_topics(house, ["one", "two"])
    on_bad, on_good = ("one", "two") if os.path.exists(bad + "/logs/one-0") else ("two", "one")
    expect(os.path.exists(bad + "/logs/%s-0" % on_bad), "no topic is on the bad dir")
    for topic in (on_bad, on_good):
        client.produce(topic, sent, acks="all")
    fill(store, 0)
    with Raw(house) as peer:
        large = raw.batch(raw.record(os.urandom(900_000)))
        wait_until(lambda: peer.produce(on_bad, large)[0] != 0, "an append fails")
    wait_until(lambda: house.said("log dir %s/logs has failed, 1 left" % bad), "the dir is given up")
    client.produce(on_good, sent, acks="all")
    expect_same(sent + sent, client.read(on_good, 0, "beginning", 200))
    house.stop_broker()
    os.remove(store + "/ballast")
    house.start_broker()
    expect_same(sent, client.read(on_bad, 0, "beginning", 100)[:100])
    expect_same(sent + sent, client.read(on_good, 0, "beginning", 200))


DISK = [("F20", full), ("F21", fails)]


def run(check, program, only):
    for row, call in DISK:
        if only not in "disk_" + call.__name__:
            continue
        if os.geteuid() != 0:
            print("SKIP faults/disk-%s mounting a file system takes root" % call.__name__)
            continue
        with House(program, "embedded") as house:
            check("%s disk: %s" % (row, call.__name__), call, house)
