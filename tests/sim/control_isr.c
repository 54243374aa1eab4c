/* Leaders change who is in sync; brokers shut down in order. */
#include <string.h>

#include "tests/sim/control_requests.h"
#include "wire/kafka_error.h"

enum { SHUTDOWN_HIGH_US = 3000000, VERSION_WITH_IDS = 2, VERSION_WITH_EPOCHS = 3 };

static struct town_broker *
somebody(struct control_asked *asked, struct prng *prng)
{
	struct control_town *town = asked->broker->town;
	struct town_broker *broker = &town->brokers[prng_below(prng, CONTROL_BROKERS)];

	asked->about = broker;
	asked->about_epoch = broker->epoch;
	return broker->epoch < 0 ? NULL : broker;
}

static int32_t
id_of(const struct town_broker *broker)
{
	return broker->town->first + broker->process.number;
}

/* ------------------------------------------------------------ AlterPartition */

/* It follows this leader: what it has may be in sync. */
static bool
follows(struct control_town *town, const struct town_entry *entry, int32_t id)
{
	const struct town_entry *hosted =
	    town_find(&town->brokers[id - town->first].replicas, entry->topic, entry->index);

	return hosted != NULL && hosted->leader_epoch == entry->leader_epoch;
}

/*
 * One of the partitions that the broker believes to lead, at the end one whose
 * replicas are not all in sync; NULL: none.
 */
static struct town_entry *
some_led(struct town_broker *broker, struct prng *prng)
{
	struct town_entries *entries = &broker->replicas;
	int from = entries->count == 0 ? 0 : (int)prng_below(prng, (uint64_t)entries->count);

	for (int i = 0; i < entries->count; i++) {
		struct town_entry *entry = &entries->items[(from + i) % entries->count];

		if (entry->leader == id_of(broker) && (!control_of(broker->town)->quiet ||
		    entry->isr_count < entry->replica_count))
			return entry;
	}
	return NULL;
}

/* Of the life at hand, mostly; of another one, or not told. */
static int64_t
epoch_of(struct control_town *town, int32_t id, struct prng *prng)
{
	int64_t epoch = town->brokers[id - town->first].epoch;

	switch (control_of(town)->quiet ? 7 : prng_below(prng, 8)) {
	case 0:
		return -1;
	case 1:
		return epoch - 1;
	default:
		return epoch;
	}
}

static void
propose(struct control_asked *asked, struct prng *prng, const struct town_entry *entry,
    struct alter_partition_request_partition_data *partition)
{
	int32_t count = 0;

	partition->new_isr.items = arena_array(&asked->arena, TOWN_BROKERS_MAX, sizeof(int32_t));
	partition->new_isr_with_epochs.items = arena_array(&asked->arena, TOWN_BROKERS_MAX,
	    sizeof(partition->new_isr_with_epochs.items[0]));
	for (int32_t i = 0; i < entry->replica_count; i++) {
		int32_t id = entry->replicas[i];

		if (id != id_of(asked->about) && (!follows(asked->about->town, entry, id) ||
		    (!control_by(asked)->quiet && prng_chance(prng, 1, 4))))
			continue;
		partition->new_isr.items[count] = id;
		partition->new_isr_with_epochs.items[count++] =
		    (struct alter_partition_request_broker_state){ id,
			epoch_of(asked->about->town, id, prng) };
	}
	if (asked->call.version >= VERSION_WITH_EPOCHS)
		partition->new_isr_with_epochs.count = count;
	else
		partition->new_isr.count = count;
}

static bool
fill_alter(struct control_asked *asked, struct prng *prng)
{
	struct town_broker *leader = somebody(asked, prng);
	const struct town_entry *entry = leader == NULL ? NULL : some_led(leader, prng);
	struct alter_partition_request_topic_data *topic = arena_new(&asked->arena, sizeof(*topic));
	struct alter_partition_request_partition_data *partition =
	    arena_new(&asked->arena, sizeof(*partition));

	if (entry == NULL)
		return false;
	asked->call.version = (int16_t)prng_between(prng, VERSION_WITH_IDS, VERSION_WITH_EPOCHS);
	asked->name = control_name_number(slice_of_text(entry->topic));
	asked->partition = entry->index;
	asked->leader_epoch = entry->leader_epoch;
	asked->request.alter = alter_partition_request_defaults;
	asked->response.alter = alter_partition_response_defaults;
	*topic = alter_partition_request_topic_data_defaults;
	*partition = alter_partition_request_partition_data_defaults;
	topic->topic_name = slice_of_text(control_name(asked->name));
	topic->topic_id = entry->id;
	topic->partitions.items = partition;
	topic->partitions.count = 1;
	partition->partition_index = entry->index;
	partition->leader_epoch = entry->leader_epoch;
	partition->partition_epoch =
	    entry->version - (!control_by(asked)->quiet && prng_chance(prng, 1, 10));
	partition->leader_recovery_state = !control_by(asked)->quiet && prng_chance(prng, 1, 8);
	propose(asked, prng, entry, partition);
	asked->request.alter.broker_id = id_of(leader);
	asked->request.alter.broker_epoch =
	    leader->epoch - (!control_by(asked)->quiet && prng_chance(prng, 1, 12));
	asked->request.alter.topics.items = topic;
	asked->request.alter.topics.count = 1;
	control_isr_asked(control_by(asked), asked->name, &asked->request.alter);
	return true;
}

static int16_t
alter_code(const struct control_asked *asked)
{
	const struct alter_partition_response *response = &asked->response.alter;

	return response->error_code != KAFKA_ERROR_NONE ? response->error_code :
	    response->topics.items[0].partitions.items[0].error_code;
}

static bool
is_expected_of_alter(int16_t code)
{
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_NOT_CONTROLLER:
	case KAFKA_ERROR_STALE_BROKER_EPOCH:
	case KAFKA_ERROR_FENCED_LEADER_EPOCH:
	case KAFKA_ERROR_INVALID_UPDATE_VERSION:
	case KAFKA_ERROR_INELIGIBLE_REPLICA:
	case KAFKA_ERROR_OPERATION_NOT_ATTEMPTED:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_UNKNOWN_TOPIC_ID:
	case KAFKA_ERROR_INVALID_REQUEST: /* its replicas were taken back */
		return true;
	default:
		return false;
	}
}

/* The leader takes the answer, if it is still the leader that has asked. */
static void
was_altered(struct control_asked *asked, int16_t code)
{
	struct sim *sim = asked->broker->town->sim;
	struct town_entry *entry = town_find(&asked->about->replicas, control_name(asked->name),
	    asked->partition);
	const struct alter_partition_response_partition_data *answer;

	if (code == KAFKA_ERROR_INELIGIBLE_REPLICA || code == KAFKA_ERROR_OPERATION_NOT_ATTEMPTED)
		sim_mark(sim, "ISR refused for a member");
	if (code == KAFKA_ERROR_FENCED_LEADER_EPOCH || code == KAFKA_ERROR_INVALID_UPDATE_VERSION)
		sim_mark(sim, "ISR refused for an epoch");
	if (code != KAFKA_ERROR_NONE)
		return;
	answer = &asked->response.alter.topics.items[0].partitions.items[0];
	sim_check(sim, answer->leader_id == id_of(asked->about) &&
	    answer->leader_epoch == asked->leader_epoch && answer->isr.count > 0,
	    "%s-%d: an odd answer to AlterPartition", control_name(asked->name),
	    (int)asked->partition);
	sim_mark(sim, "ISR changed by its leader");
	if (entry == NULL || asked->about->epoch != asked->about_epoch ||
	    entry->leader_epoch != answer->leader_epoch || entry->version >= answer->partition_epoch)
		return;
	entry->version = answer->partition_epoch;
	entry->isr_count = answer->isr.count;
}

const struct control_kind control_alter_partition = { CONTROLLER_ALTER_PARTITION, fill_alter,
	alter_code, is_expected_of_alter, was_altered };

/* -------------------------------------------------------- ControlledShutdown */

/* It goes, whatever it was answered. */
static void
depart(struct sim *sim UNUSED, void *context)
{
	struct town_broker *broker = context;

	if (broker->process.state == SIM_PROCESS_UP && broker->is_leaving &&
	    (int)broker->process.lives == broker->leaves_life)
		control_town_stop(broker->town, broker->process.number);
	broker->is_leaving = false;
}

static bool
fill_shutdown(struct control_asked *asked, struct prng *prng)
{
	struct town_broker *broker = somebody(asked, prng);

	if (broker == NULL || broker->is_leaving || prng_chance(prng, 3, 4))
		return false;
	broker->is_leaving = true;
	broker->leaves_life = (int)broker->process.lives;
	sim_after(broker->town->sim, prng_between(prng, 0, SHUTDOWN_HIGH_US), depart, broker);
	asked->request.shutdown = controlled_shutdown_request_defaults;
	asked->response.shutdown = controlled_shutdown_response_defaults;
	asked->request.shutdown.broker_id = id_of(broker);
	asked->request.shutdown.broker_epoch = broker->epoch;
	return true;
}

static int16_t
shutdown_code(const struct control_asked *asked)
{
	return asked->response.shutdown.error_code;
}

static bool
is_expected_of_shutdown(int16_t code)
{
	return code == KAFKA_ERROR_NONE || code == KAFKA_ERROR_STALE_CONTROLLER_EPOCH ||
	    code == KAFKA_ERROR_STALE_BROKER_EPOCH || code == KAFKA_ERROR_BROKER_NOT_AVAILABLE;
}

static void
was_shut_down(struct control_asked *asked, int16_t code)
{
	if (code == KAFKA_ERROR_NONE &&
	    asked->response.shutdown.remaining_partitions.count == 0)
		sim_mark(asked->broker->town->sim, "broker leads nothing when it shuts down");
}

const struct control_kind control_shut_down = { CONTROLLER_CONTROLLED_SHUTDOWN, fill_shutdown,
	shutdown_code, is_expected_of_shutdown, was_shut_down };
