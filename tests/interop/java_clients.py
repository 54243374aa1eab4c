"""Kafka's own clients as columns of the matrix: a program on kafka-clients, the console clients, and two tools."""
import os
import subprocess

import rows
import rows_restart
from clients import HERE, Client, Feed, run
from house import Failure
from records import Read

LOG4J = """log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
JAVA_ERRORS = {"oversize": "RecordTooLargeException", "invalid": "InvalidTopicException",
               "partition": "Partition 77 of topic .* is not present in metadata", "unknown": "not present in metadata"}


def all_but(keys, limitation):
    return {row.key: limitation for row in rows.ROWS + rows_restart.RESTART_ROWS + rows.LAST_ROWS if row.key not in keys}


class Java(Client):
    """JavaClient.java."""


class Console(Client):
    """kafka-console-producer and kafka-console-consumer: text, with a marker for null."""

    NULL = "(null)"
    only_text = True

    def __init__(self, name, java, address):
        keys = {"offset", "keys", *(row.key for row in rows.ROWS if row.key.startswith("produce all"))}
        super().__init__(name, java, address, JAVA_ERRORS,
                         all_but(keys, "the console clients are thin shells around kafka-clients"))

    def feed(self, topic, **settings):
        options = ["--request-required-acks", settings.get("acks", "all"),
                   "--compression-codec", settings.get("codec", "none")]
        for option in ("parse.key=true", "parse.headers=true", "null.marker=" + self.NULL):
            options += ["--property", option]
        return Feed([*self.command, "kafka.tools.ConsoleProducer", "--bootstrap-server", self.address,
                     "--topic", topic, *options])

    def encode(self, sent):
        def text(value):
            return self.NULL if value is None else value.decode()
        lines = ("\t".join([",".join(name + ":" + text(value) for name, value in record.headers) or self.NULL,
                            text(record.key), text(record.value)]) for record in sent)
        return "".join(line + "\n" for line in lines).encode()

    def read(self, topic, partition, start, count):
        start = "earliest" if start == "beginning" else str(start)
        command = [*self.command, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", self.address,
                   "--topic", topic, "--partition", str(partition), "--offset", start, "--max-messages", str(count)]
        for name in ("timestamp", "partition", "offset", "headers", "key"):
            command += ["--property", "print.%s=true" % name]
        command += ["--property", "null.literal=" + self.NULL]
        return [self.decode(line) for line in run(command).decode().splitlines()]

    def decode(self, line):
        def bytes_of(text):
            return None if text == self.NULL else text.encode()
        time, part, offset, headers, key, value = line.split("\t")
        headers = () if headers == "NO_HEADERS" else tuple(
            (name, bytes_of(text)) for name, text in (header.split(":", 1) for header in headers.split(",")))
        return Read(int(part.split(":")[1]), int(offset.split(":")[1]), int(time.split(":")[1]), bytes_of(key),
                    bytes_of(value), headers)


class Tool(Client):
    """A tool that looks and changes, and takes no records."""

    patience = []

    def __init__(self, name, java, address, program, limitation):
        super().__init__(name, [*java, program, "--bootstrap-server", address], address, {},
                         all_but({"administration"}, limitation))
        self.records = Java(name, java + ["JavaClient"], address, JAVA_ERRORS)

    def call(self, *arguments):
        return run([*self.command, *arguments, *self.patience]).decode()

    def fails(self, text, *arguments):
        """It says this, in its output or beside it."""
        done = subprocess.run([*self.command, *arguments, *self.patience], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.says(done.stdout.decode(), text)

    def says(self, output, *texts):
        words = [line.split() for line in output.splitlines()]
        for text in texts:
            if text not in output and text.split() not in words:
                raise Failure("not said: %s\n%s" % (text, output))


class Topics(Tool):
    def administer(self, name):
        self.says(self.call("--create", "--topic", name, "--partitions", "2", "--config", "retention.ms=60000"),
                  "Created topic %s." % name)
        self.fails("TopicExistsException", "--create", "--topic", name)
        self.fails("InvalidTopicException", "--create", "--topic", "not/valid")
        self.fails("InvalidReplicationFactorException", "--create", "--topic", name + "2", "--replication-factor", "3")
        self.says(self.call("--list"), name)
        self.call("--alter", "--topic", name, "--partitions", "5")
        self.fails("InvalidPartitionsException", "--alter", "--topic", name, "--partitions", "3")
        self.says(self.call("--describe", "--topic", name), "PartitionCount: 5", "ReplicationFactor: 1",
                  "retention.ms=60000", "Partition: 4")
        self.call("--delete", "--topic", name)
        if name in self.call("--list").split():
            raise Failure("it is still listed")
        self.fails("does not exist as expected", "--describe", "--topic", name)
        self.fails("does not exist as expected", "--delete", "--topic", name)


class Groups(Tool):
    patience = ["--timeout", "60000"]  # five seconds are not enough where all is slow

    def administer(self, name):
        self.records.produce(name, rows.numbered(0, 100, name))
        member = self.records.member(name, name)
        try:
            member.wait(lambda: len(member.reads) == 100, "all is read")
            self.says(self.call("--list"), name)
            self.says(self.call("--describe", "--group", name), "consumer-%s" % name)
            self.says(self.call("--describe", "--group", name, "--state"), "Stable", "range")
            self.says(self.call("--describe", "--group", name, "--members"), "consumer-%s" % name)
            self.fails("not empty", "--delete", "--group", name)
            member.leave()
        finally:
            member.process.kill()
        self.records.produce(name, rows.numbered(100, 50, name))
        self.says(self.call("--describe", "--group", name), "%s %s 0 100 150 50 - - -" % (name, name))
        self.call("--reset-offsets", "--group", name, "--topic", name, "--to-offset", "30", "--execute")
        self.says(self.call("--describe", "--group", name), "%s %s 0 30 150 120 - - -" % (name, name))
        self.says(self.call("--delete", "--group", name), "was successful")
        if name in self.call("--list").split():
            raise Failure("it is still listed")
        self.fails("does not exist", "--describe", "--group", name)


def java_clients(house, jars):
    """Compiles the program first, into the house's folder."""
    classes = house.path("classes")
    os.mkdir(classes)
    run(["javac", "-cp", jars + "/*", "-d", classes, os.path.join(HERE, "JavaClient.java")])
    with open(house.path("log4j.properties"), "w") as file:
        file.write(LOG4J)
    java = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-Dlog4j.configuration=file:" + house.path("log4j.properties"), "-cp", "%s:%s/*" % (classes, jars)]
    return [Java("kafka-clients", java + ["JavaClient"], house.address, JAVA_ERRORS, {}, "cooperative"),
            Console("console", java, house.address),
            Topics("kafka-topics", java, house.address, "org.apache.kafka.tools.TopicCommand", "a tool for topics"),
            Groups("kafka-consumer-groups", java, house.address,
                   "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "a tool for groups")]
