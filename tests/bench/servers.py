"""Clusters of three brokers for the benches: klammd, and Apache Kafka 3.9.1 where its jars can be had."""
import os
import signal
import subprocess
import sys
import time

import cluster
import hosts

HERE = os.path.dirname(os.path.abspath(__file__))


class KafkaBroker(cluster.Broker):
    died = None  # when it was killed

    def start(self):
        if self.died is not None:  # it does not start before its session is over
            time.sleep(max(0, self.died + self.cluster.session + 2 - time.monotonic()))
        self.spawn(["java", "-Xmx1g", "-Xms512m", "-XX:+UseG1GC", "-cp", self.cluster.jars + "/*", "kafka.Kafka"])

    def wait(self):
        cluster.wait_until(lambda: cluster.listens(self.host, self.port) or self.process.poll() is not None,
                           f"{self.name} starts")
        self.check_alive()

    def end(self, number):
        status = super().end(number)
        self.died = time.monotonic() if number == signal.SIGKILL else None
        return status


def add_options(parser, session, kafka_session):
    parser.add_argument("--program", default="./klammd")
    parser.add_argument("--session", type=int, default=session, help="of ZooKeeper, seconds")
    parser.add_argument("--kafka", action="store_true", help="then Apache Kafka 3.9.1")
    parser.add_argument("--kafka-session", type=int, default=kafka_session, help="seconds")


def clusters(options, more=""):
    """One after the other; whoever takes one starts and stops it."""
    it = cluster.Cluster(options.program, hosts.Loopback(), settings=settings(options.session) + more)
    it.kind = "klammd"
    yield it
    if options.kafka:
        jars = subprocess.run([os.path.join(HERE, "..", "compare", "kafka-jars")], stdout=subprocess.PIPE, text=True)
        if jars.returncode != 0:
            sys.exit("Kafka's jars cannot be had")
        it = cluster.Cluster(options.program, hosts.Loopback(), settings=settings(options.kafka_session) + more, kind=KafkaBroker)
        it.kind, it.jars, it.session = "kafka", jars.stdout.strip(), options.kafka_session
        yield it


def settings(session):
    return f"zookeeper.session.timeout.ms={session * 1000}\nauto.leader.rebalance.enable=false\n"
