"""What the scripts of this folder share: Kafka's programs, and the logs that klamm wrote for them."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

LOG4J = """log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d %p %m (%c)%n
"""

failures = []


def fail(text):
    failures.append(text)
    print("FAILED: " + text[:2000])


def jars():
    """The folder; ends the script with 77 where the jars cannot be had."""
    found = subprocess.run([os.path.join(HERE, "kafka-jars")], stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:
        sys.exit(found.returncode)
    return found.stdout.strip()


def java(folder, heap, *arguments):
    """The command line; `folder` is the script's own."""
    log4j = os.path.join(folder, "log4j.properties")
    if not os.path.exists(log4j):
        with open(log4j, "w") as file:
            file.write(LOG4J)
    return ["java", "-Xmx" + heap, "-Dlog4j.configuration=file:" + log4j, "-cp", jars() + "/*",
            *arguments]


class Record:
    def __init__(self, line):
        (self.topic, self.outcome, offset, time, self.headers, self.key,
         self.value) = line.rstrip("\n").split("\t")
        self.offset, self.time = int(offset), int(time)


def write_logs(program, folder):
    """Has klamm write its logs; what it acknowledged, by topic."""
    os.makedirs(folder)
    subprocess.run([program, folder], check=True)
    topics = {}
    with open(os.path.join(folder, "records")) as file:
        for line in file:
            record = Record(line)
            topics.setdefault(record.topic, []).append(record)
    return topics


def log_dirs(folder):
    return [os.path.join(folder, state, name) for state in ("clean", "killed") for name in "ab"]


def partitions(folder):
    """Topic to the directory of its only partition."""
    found = {}
    for directory in log_dirs(folder):
        for name in os.listdir(directory):
            match = re.fullmatch("(.*)-0", name)
            if match:
                found[match.group(1)] = os.path.join(directory, name)
    return found


def finish(name, passed):
    print("%s: %d passed, %d failed" % (name, passed, len(failures)))
    sys.exit(1 if failures else 0)
