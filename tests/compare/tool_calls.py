"""Kafka's command line tools, all of one release in one process (Tools.java), as an operator calls them."""
import os
import subprocess

from kafka_tools import HERE, LOG4J


class Failed(Exception):
    """A tool said or did something else."""


def jars_of(release):
    """The folder; None and why when they cannot be had."""
    found = subprocess.run([os.path.join(HERE, "kafka-jars"), release], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if found.returncode not in (0, 77):
        raise Failed(f"kafka-jars {release}: {found.stderr}")
    return (found.stdout.strip(), None) if found.returncode == 0 else (None, found.stderr.strip())


class Tools:
    def __init__(self, folder, jars):
        classes = os.path.join(folder, "classes-" + os.path.basename(os.path.dirname(jars)))
        log4j = os.path.join(folder, "log4j.properties")
        with open(log4j, "w", encoding="ascii") as file:
            file.write(LOG4J)
        subprocess.run(["javac", "-cp", jars + "/*", "-d", classes, os.path.join(HERE, "Tools.java")], check=True)
        self.java = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dlog4j.configuration=file:" + log4j,
                     "-cp", f"{classes}:{jars}/*"]
        self.process = subprocess.Popen(self.java + ["Tools"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, program, *arguments):
        """(status, all that it wrote)."""
        self.process.stdin.write("\t".join([program, *map(str, arguments)]).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{program} {arguments}: the process has ended")
        status, size = map(int, line.split())
        return status, self.process.stdout.read(size).decode()

    def call(self, program, *arguments, says=(), status=0):
        """What it wrote; `says` must be in it, words apart by any space."""
        got, output = self.run(program, *arguments)
        lines = [" ".join(line.split()) for line in output.splitlines()]
        for text in [says] if isinstance(says, str) else says:
            if not any(text in line for line in lines):
                raise Failed(f"{program} {arguments} does not say '{text}':\n{output}")
        if got != status:
            raise Failed(f"{program} {arguments} ends with {got}:\n{output}")
        return output

    def stop(self):
        self.process.kill()
        self.process.wait()
