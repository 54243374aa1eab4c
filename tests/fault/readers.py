"""Members of a group that read, and commit what they have read; whether what is committed ever goes back."""
import threading
import time

import confluent_kafka

NOTHING = -1  # is committed


class Reader(threading.Thread):
    """Reads, and commits after each batch; what it was told is taken is noted, with the time."""

    def __init__(self, readers, number):
        super().__init__(daemon=True)
        self.readers, self.ending, self.has_ended = readers, False, False
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": readers.servers, "group.id": readers.group, "client.id": f"reader-{number}",
            "auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000,
            "log_level": 0, "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100})
        self.consumer.subscribe(readers.topics)

    def run(self):
        while not self.ending:
            messages = self.consumer.consume(500, 0.2)
            if any(not message.error() for message in messages):
                self.commit()
        self.has_ended = True
        self.consumer.close()

    def commit(self):
        try:
            taken = self.consumer.commit(asynchronous=False)
        except confluent_kafka.KafkaException:
            return  # by whoever has the partition after a rebalance, or with the next ones
        now = time.monotonic()
        with self.readers.lock:
            for place in taken:
                if place.error is None and place.offset >= 0:
                    self.readers.taken.append((now, (place.topic, place.partition), place.offset))


class Readers:
    def __init__(self, servers, group, topics, partitions, count=2):
        self.servers, self.group, self.topics = servers, group, topics
        self.places = [(topic, number) for topic in topics for number in range(partitions)]
        self.lock, self.taken, self.looks, self.ending = threading.Lock(), [], 0, False
        self.complaints, self.has_looked = [], False
        self.members = [Reader(self, number) for number in range(count)]
        self.observer = threading.Thread(target=self.observe, daemon=True)
        for thread in self.members + [self.observer]:
            thread.start()

    def committed(self, consumer):
        """place -> offset; {} when nobody can tell."""
        places = [confluent_kafka.TopicPartition(*place) for place in self.places]
        try:
            found = consumer.committed(places, 5)
        except confluent_kafka.KafkaException:
            return {}
        return {(it.topic, it.partition): max(it.offset, NOTHING) for it in found if it.error is None}

    def observe(self):
        """What was committed before a question is in its answer (I38)."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.servers, "group.id": self.group, "log_level": 0})
        highest = {}
        while not self.ending:
            with self.lock:
                for _, place, offset in self.taken:
                    highest[place] = max(highest.get(place, NOTHING), offset)
                self.taken.clear()
            for place, offset in self.committed(consumer).items():
                if offset < highest.get(place, NOTHING):
                    self.complaints.append(f"{place}: {offset} after {highest[place]}")
                highest[place] = max(highest.get(place, NOTHING), offset)
                self.looks += 1
            time.sleep(0.1)
        self.highest, self.has_looked = highest, True
        consumer.close()

    def have_read(self, ends):
        """All of it, by what is committed."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.servers, "group.id": self.group, "log_level": 0})
        found = self.committed(consumer)
        consumer.close()
        return all(found.get(place, NOTHING) == end for place, end in ends.items())

    def stop(self):
        """Whose clients did not end: librdkafka's destroy can wait for a thread of its own for ever."""
        self.ending = True
        for member in self.members:
            member.ending = True
        for thread in self.members + [self.observer]:
            thread.join(60)
        return [thread.name for thread in self.members + [self.observer] if thread.is_alive()]

    def at_work(self):
        return [member.name for member in self.members if not member.has_ended] + ([] if self.has_looked else ["observer"])
