# Apache Kafka 3.9.1 as one of the servers of tests/bench/run, which sources this; on klamm's embedded ZooKeeper.
kafka_jars=$("$here/../compare/kafka-jars") || die "Kafka's jars cannot be had"
make -s tests/zk/zookeeperd || die "no tests/zk/zookeeperd"

start_kafka() {
	local zookeeper_port
	zookeeper_port=$(free_port)
	./tests/zk/zookeeperd --data "$folder/zookeeper" --port "$zookeeper_port" >"$folder/zookeeper.log" 2>&1 &
	zookeeper=$!
	cat >"$folder/server.properties" <<-PROPERTIES
		broker.id=0
		listeners=PLAINTEXT://127.0.0.1:$port
		zookeeper.connect=127.0.0.1:$zookeeper_port
		log.dirs=$folder/kafka
		offsets.topic.replication.factor=1
		num.partitions=4
		log.retention.ms=-1
	PROPERTIES
	java -Xmx1g -Xms1g -XX:+UseG1GC -cp "$kafka_jars/*" kafka.Kafka "$folder/server.properties" \
		>"$folder/kafka.log" 2>&1 &
	server=$!
}
