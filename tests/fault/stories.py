"""What the stories of power, disks and clocks share: three klammd above a Shim each, one ZooKeeper."""
import argparse
import random
import signal
import sys
import time

import checker
from checker import Writer, expect
from cluster import Cluster, Unmet, wait_until
from hosts import Loopback

PARTITIONS = 4


def work(writers, draw, turns):
    for _ in range(turns):
        for writer in writers:
            writer.write(draw.randrange(1, 300))
        time.sleep(draw.random() * 0.1)


def safe_writers(cluster, **config):
    writers = [Writer(cluster.servers, "safe-once", PARTITIONS, {"enable.idempotence": True}),
               Writer(cluster.servers, "safe-plain", PARTITIONS, {"compression.type": "lz4"})]
    for writer in writers:
        cluster.make_topic(writer.topic, PARTITIONS, **config)
    return writers


def is_led(cluster, topic, size):
    wait_until(lambda: cluster.has_isr(topic, PARTITIONS, size),
               lambda: f"{topic} is led again: {cluster.partitions(topic)}")


def run(name, story, settings, options):
    cluster = Cluster(options.program, Loopback(), settings=settings, library=options.library)
    before, began = checker.failed, time.monotonic()
    try:
        cluster.start()
        story(cluster, random.Random(f"{options.seed} {name}"))
        for broker in cluster.brokers:
            expect(f"{broker.name} ends well", broker.end(signal.SIGTERM), 0)
    except Unmet as unmet:
        expect(f"{name}: comes in time: {unmet}", False)
    finally:
        if checker.failed > before:
            print(cluster.tails())
        cluster.stop(options.keep)
    print(f"   {name}: {time.monotonic() - began:.0f} s")


def main(program, stories):
    """`stories`: (name, story(cluster, draw), settings)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="", help="the story with that in its name")
    parser.add_argument("--library", default="tests/fault/shim.so")
    parser.add_argument("--keep", action="store_true", help="the folders, to look into")
    parser.add_argument("program", nargs="?", default="./klammd")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    print(f"{program}: seed {options.seed}")
    for name, story, settings in stories:
        if options.only in name:
            run(name, story, settings, options)
    print(f"fault-{program}: {checker.passed} passed, {checker.failed} failed")
    return int(checker.failed > 0)
