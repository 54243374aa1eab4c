import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.ConsumerGroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's Java clients with the commands of rdkafka_client.c, whose head says what they do. */
public final class JavaClient {
	private static final Duration POLL = Duration.ofMillis(100);
	private static final int BATCH = 200;
	private static final PrintWriter OUT = new PrintWriter(
	    new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.ISO_8859_1), 1 << 16));

	private interface Call {
		void run() throws Exception;
	}

	private static Properties properties(String address, List<String> given) {
		Properties properties = new Properties();

		properties.put("bootstrap.servers", address);
		properties.put("reconnect.backoff.max.ms", "500");
		properties.put("key.serializer", ByteArraySerializer.class.getName());
		properties.put("value.serializer", ByteArraySerializer.class.getName());
		properties.put("key.deserializer", ByteArrayDeserializer.class.getName());
		properties.put("value.deserializer", ByteArrayDeserializer.class.getName());
		for (String setting : given) {
			String[] parts = setting.split("=", 2);
			switch (parts[0]) {
			case "codec" -> properties.put("compression.type", parts[1]);
			case "idempotent" -> {
				properties.put("enable.idempotence", "true");
				properties.put("max.in.flight.requests.per.connection", "5");
			}
			case "max_size" -> properties.put("max.request.size", parts[1]);
			case "timeout_ms" -> properties.put("max.block.ms", parts[1]);
			case "cooperative" ->
			    properties.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
			default -> properties.put(parts[0], parts[1]);
			}
		}
		return properties;
	}

	/* ----------------------------------------------------------- produce */

	private static byte[] bytes(String field) {
		return field.equals("-") ? null : HexFormat.of().parseHex(field, 1, field.length());
	}

	private static ProducerRecord<byte[], byte[]> record(String topic, String line) {
		String[] fields = line.split("\t", -1);
		ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic,
		    fields[0].equals("-") ? null : Integer.valueOf(fields[0]),
		    fields[1].equals("-") ? null : Long.valueOf(fields[1]), bytes(fields[2]), bytes(fields[3]));

		for (String header : fields[4].split(",")) {
			int end = header.endsWith("-") ? header.length() - 1 : header.indexOf('=');

			if (end >= 0)
				record.headers().add(header.substring(0, end), bytes(header.substring(end)));
		}
		return record;
	}

	private static void produce(String address, String topic, List<String> given) throws Exception {
		Properties properties = properties(address, given);
		List<Future<RecordMetadata>> sent = new ArrayList<>();
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.ISO_8859_1));
		String line;

		properties.putIfAbsent("enable.idempotence", "false");
		properties.putIfAbsent("linger.ms", "5");
		try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
			while ((line = in.readLine()) != null)
				sent.add(producer.send(record(topic, line)));
			producer.flush();
			for (Future<RecordMetadata> future : sent)
				future.get();
		}
	}

	/* ----------------------------------------------------------- consume */

	private static String field(byte[] bytes) {
		return bytes == null ? "-" : "=" + HexFormat.of().formatHex(bytes);
	}

	private static void print(ConsumerRecord<byte[], byte[]> record) {
		List<String> headers = new ArrayList<>();

		for (Header header : record.headers())
			headers.add(header.key() + field(header.value()));
		OUT.printf("record\t%d\t%d\t%d\t%s\t%s\t%s\n", record.partition(), record.offset(), record.timestamp(),
		    field(record.key()), field(record.value()), String.join(",", headers));
	}

	private static int take(KafkaConsumer<byte[], byte[]> consumer) {
		int count = 0;

		for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
			print(record);
			count++;
		}
		OUT.flush();
		return count;
	}

	private static long offset(KafkaConsumer<byte[], byte[]> consumer, TopicPartition part, String from) {
		if (from.equals("beginning"))
			return consumer.beginningOffsets(List.of(part)).get(part);
		if (from.startsWith("time:"))
			return consumer.offsetsForTimes(Map.of(part, Long.valueOf(from.substring(5)))).get(part).offset();
		return Long.parseLong(from);
	}

	private static void read(String address, String topic, int partition, String from, int count) {
		Properties properties = properties(address, List.of());
		TopicPartition part = new TopicPartition(topic, partition);
		int left = count;

		properties.put("auto.offset.reset", "none");
		try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
			consumer.assign(List.of(part));
			consumer.seek(part, offset(consumer, part, from));
			while (left > 0)
				left -= take(consumer);
		}
	}

	/** What was printed; after a rebalance it is another member's to read again. */
	private static void commit(KafkaConsumer<byte[], byte[]> consumer) throws InterruptedException {
		for (int i = 0; i < 100; i++) {
			try {
				consumer.commitSync();
				return;
			} catch (CommitFailedException | RebalanceInProgressException error) {
				System.err.println("commit: " + error);
				return;
			} catch (KafkaException error) {
				System.err.println("commit: " + error);
				Thread.sleep(100);
			}
		}
		throw new IllegalStateException("no commit");
	}

	private static Properties memberProperties(String address, String group, int count, List<String> given) {
		Properties properties = properties(address, given);

		properties.put("group.id", group);
		properties.put("auto.offset.reset", "earliest");
		properties.put("enable.auto.commit", "false");
		properties.put("session.timeout.ms", "6000");
		properties.put("heartbeat.interval.ms", "500");
		properties.put("max.poll.records", String.valueOf(count > 0 ? Math.min(count, BATCH) : BATCH));
		return properties;
	}

	/** What a poll gives beyond that is sought back to, and left for the next member. */
	private static int takeAtMost(KafkaConsumer<byte[], byte[]> consumer, int most) {
		int count = 0;

		for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
			TopicPartition part = new TopicPartition(record.topic(), record.partition());

			if (count == most) {
				if (consumer.position(part) > record.offset())
					consumer.seek(part, record.offset());
				continue;
			}
			print(record);
			count++;
		}
		OUT.flush();
		return count;
	}

	private static volatile boolean stdinClosed;

	private static void watchStdin() {
		Thread watch = new Thread(() -> {
			try {
				while (System.in.read() >= 0)
					continue;
			} catch (IOException error) {
				System.err.println(error);
			}
			stdinClosed = true;
		});

		watch.setDaemon(true);
		watch.start();
	}

	private static void member(String address, String topic, String group, int count, List<String> given)
	    throws Exception {
		Set<TopicPartition> share = null;
		int seen = 0;

		watchStdin();
		try (KafkaConsumer<byte[], byte[]> consumer =
		        new KafkaConsumer<>(memberProperties(address, group, count, given))) {
			consumer.subscribe(List.of(topic));
			while (count > 0 ? seen < count : !stdinClosed) {
				int taken = takeAtMost(consumer, count > 0 ? count - seen : BATCH);

				if (!consumer.assignment().equals(share)) {
					share = Set.copyOf(consumer.assignment());
					OUT.println("assigned " + share.stream().map(part -> String.valueOf(part.partition()))
					    .collect(Collectors.joining(" ")));
					OUT.flush();
				}
				if (taken > 0)
					commit(consumer);
				seen += taken;
			}
		}
	}

	/* -------------------------------------------------------- administer */

	private static void expect(boolean holds, String what) {
		if (!holds)
			throw new IllegalStateException("expected: " + what);
	}

	private static void fails(Class<? extends Exception> kind, Call call) throws Exception {
		try {
			call.run();
		} catch (ExecutionException error) {
			expect(kind.isInstance(error.getCause()), kind + ", not " + error.getCause());
			return;
		}
		expect(false, kind.toString());
	}

	private static int partitions(Admin admin, String name) throws Exception {
		return admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size();
	}

	private static void administerTopic(Admin admin, String name) throws Exception {
		NewTopic topic = new NewTopic(name, 1, (short)1).configs(Map.of("retention.ms", "60000"));
		ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
		Config config;

		admin.createTopics(List.of(topic)).all().get();
		fails(TopicExistsException.class, () -> admin.createTopics(List.of(topic)).all().get());
		config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
		expect(config.get("retention.ms").value().equals("60000"), "retention.ms");
		expect(config.get("segment.bytes").value().equals("1073741824"), "segment.bytes");
		expect(partitions(admin, name) == 1, "one partition");
		admin.createPartitions(Map.of(name, NewPartitions.increaseTo(4))).all().get();
		expect(partitions(admin, name) == 4, "four partitions");
	}

	private static boolean isListed(Admin admin, String name) throws Exception {
		return admin.listConsumerGroups().all().get().stream().anyMatch(group -> group.groupId().equals(name));
	}

	private static void expectGroup(Admin admin, String name, ConsumerGroupState state, int members) throws Exception {
		ConsumerGroupDescription group = admin.describeConsumerGroups(List.of(name)).all().get().get(name);

		expect(group.state() == state && group.members().size() == members,
		    state + " with " + members + " members, not " + group);
	}

	private static void administerGroup(String address, Admin admin, String name) throws Exception {
		try (KafkaConsumer<byte[], byte[]> consumer =
		        new KafkaConsumer<>(memberProperties(address, name, 0, List.of()))) {
			consumer.subscribe(List.of(name));
			while (consumer.assignment().size() < 4)
				consumer.poll(POLL);
			/* What has no position yet is not committed. */
			for (TopicPartition place : consumer.assignment())
				consumer.position(place);
			consumer.commitSync();
			expect(isListed(admin, name), "the group in the list");
			expectGroup(admin, name, ConsumerGroupState.STABLE, 1);
		}
		expectGroup(admin, name, ConsumerGroupState.EMPTY, 0);
		expect(admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get().size() == 4, "four offsets");
		admin.deleteConsumerGroups(List.of(name)).all().get();
		expect(!isListed(admin, name), "the group gone from the list");
	}

	private static void administer(String address, String name) throws Exception {
		try (Admin admin = Admin.create(properties(address, List.of()))) {
			administerTopic(admin, name);
			administerGroup(address, admin, name);
			admin.deleteTopics(List.of(name)).all().get();
			expect(!admin.listTopics().names().get().contains(name), "the topic gone");
			fails(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of(name)).all().get());
		}
	}

	public static void main(String[] arguments) throws Exception {
		List<String> rest = List.of(arguments).subList(2, arguments.length);
		String address = arguments[0];

		try {
			switch (arguments[1]) {
			case "produce" -> produce(address, rest.get(0), rest.subList(1, rest.size()));
			case "read" -> read(address, rest.get(0), Integer.parseInt(rest.get(1)), rest.get(2),
			    Integer.parseInt(rest.get(3)));
			case "member" -> member(address, rest.get(0), rest.get(1), Integer.parseInt(rest.get(2)),
			    rest.subList(3, rest.size()));
			case "administer" -> administer(address, rest.get(0));
			default -> throw new IllegalArgumentException(arguments[1]);
			}
		} catch (ExecutionException | KafkaException error) {
			OUT.flush();
			System.err.println("error: " + (error instanceof ExecutionException ? error.getCause() : error));
			System.exit(1);
		}
		OUT.flush();
	}
}
