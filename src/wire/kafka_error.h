/*
 * wire/kafka_error.h: the error codes of the Kafka protocol. They go into
 * answers; klamm's own failures are enum error (base/error.h), and api/ alone
 * translates between the two.
 *
 * What a client does after it: FATAL gives up, RETRY tries again, REFRESH
 * asks for new metadata and tries again.
 */
#ifndef KLAMM_WIRE_KAFKA_ERROR_H
#define KLAMM_WIRE_KAFKA_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, code, reaction, text): the one list of codes. */
#define KAFKA_ERROR_TABLE(X) \
	X(UNKNOWN_SERVER_ERROR, -1, FATAL, \
	    "the broker failed in a way that it did not expect") \
	X(NONE, 0, FATAL, \
	    "no error") \
	X(OFFSET_OUT_OF_RANGE, 1, FATAL, \
	    "the offset is outside the range that the partition holds") \
	X(CORRUPT_MESSAGE, 2, RETRY, \
	    "a record batch is damaged or too large, or lacks a key in a compacted topic") \
	X(UNKNOWN_TOPIC_OR_PARTITION, 3, REFRESH, \
	    "this broker does not host the topic or partition") \
	X(INVALID_FETCH_SIZE, 4, FATAL, \
	    "the size to fetch is not valid") \
	X(LEADER_NOT_AVAILABLE, 5, REFRESH, \
	    "the partition has no leader at the moment") \
	X(NOT_LEADER_OR_FOLLOWER, 6, REFRESH, \
	    "this broker is neither leader nor follower of the partition") \
	X(REQUEST_TIMED_OUT, 7, RETRY, \
	    "the request was not done within its time limit") \
	X(BROKER_NOT_AVAILABLE, 8, FATAL, \
	    "the broker is not available") \
	X(REPLICA_NOT_AVAILABLE, 9, REFRESH, \
	    "the replica is not available at this broker") \
	X(MESSAGE_TOO_LARGE, 10, FATAL, \
	    "a record batch is larger than the topic allows") \
	X(STALE_CONTROLLER_EPOCH, 11, FATAL, \
	    "the request comes from a controller of an older epoch") \
	X(OFFSET_METADATA_TOO_LARGE, 12, FATAL, \
	    "the metadata of a committed offset is larger than allowed") \
	X(NETWORK_EXCEPTION, 13, REFRESH, \
	    "the connection ended before the answer came") \
	X(COORDINATOR_LOAD_IN_PROGRESS, 14, RETRY, \
	    "the coordinator is still loading its state") \
	X(COORDINATOR_NOT_AVAILABLE, 15, RETRY, \
	    "the coordinator is not available") \
	X(NOT_COORDINATOR, 16, RETRY, \
	    "this broker is not the coordinator asked for") \
	X(INVALID_TOPIC_EXCEPTION, 17, FATAL, \
	    "the topic name is not valid, or the topic is internal") \
	X(RECORD_LIST_TOO_LARGE, 18, FATAL, \
	    "the records are larger than a segment may be") \
	X(NOT_ENOUGH_REPLICAS, 19, RETRY, \
	    "fewer replicas are in sync than min.insync.replicas asks for") \
	X(NOT_ENOUGH_REPLICAS_AFTER_APPEND, 20, RETRY, \
	    "the records were written, but to fewer in-sync replicas than asked for") \
	X(INVALID_REQUIRED_ACKS, 21, FATAL, \
	    "acks is neither -1, 0 nor 1") \
	X(ILLEGAL_GENERATION, 22, FATAL, \
	    "the generation is not the group's current one") \
	X(INCONSISTENT_GROUP_PROTOCOL, 23, FATAL, \
	    "the member shares no protocol with its group") \
	X(INVALID_GROUP_ID, 24, FATAL, \
	    "the group id is not valid") \
	X(UNKNOWN_MEMBER_ID, 25, FATAL, \
	    "the group has no such member") \
	X(INVALID_SESSION_TIMEOUT, 26, FATAL, \
	    "the session timeout is outside the limits of the broker") \
	X(REBALANCE_IN_PROGRESS, 27, FATAL, \
	    "the group is rebalancing, the member must join again") \
	X(INVALID_COMMIT_OFFSET_SIZE, 28, FATAL, \
	    "the offset commit is too large to store") \
	X(TOPIC_AUTHORIZATION_FAILED, 29, FATAL, \
	    "no permission for the topic") \
	X(GROUP_AUTHORIZATION_FAILED, 30, FATAL, \
	    "no permission for the group") \
	X(CLUSTER_AUTHORIZATION_FAILED, 31, FATAL, \
	    "no permission for the cluster") \
	X(INVALID_TIMESTAMP, 32, FATAL, \
	    "a record's timestamp is outside the allowed range") \
	X(UNSUPPORTED_SASL_MECHANISM, 33, FATAL, \
	    "the broker does not offer this SASL mechanism") \
	X(ILLEGAL_SASL_STATE, 34, FATAL, \
	    "the request does not fit the state of the SASL exchange") \
	X(UNSUPPORTED_VERSION, 35, FATAL, \
	    "the version of the request is not supported") \
	X(TOPIC_ALREADY_EXISTS, 36, FATAL, \
	    "a topic of this name exists") \
	X(INVALID_PARTITIONS, 37, FATAL, \
	    "the number of partitions is not valid") \
	X(INVALID_REPLICATION_FACTOR, 38, FATAL, \
	    "the replication factor is not valid or exceeds the brokers that are up") \
	X(INVALID_REPLICA_ASSIGNMENT, 39, FATAL, \
	    "the replica assignment is not valid") \
	X(INVALID_CONFIG, 40, FATAL, \
	    "the configuration is not valid") \
	X(NOT_CONTROLLER, 41, RETRY, \
	    "this broker is not the controller") \
	X(INVALID_REQUEST, 42, FATAL, \
	    "the request is not valid, the broker's log may say more") \
	X(UNSUPPORTED_FOR_MESSAGE_FORMAT, 43, FATAL, \
	    "the partition's message format does not support this") \
	X(POLICY_VIOLATION, 44, FATAL, \
	    "a policy of the cluster refuses this") \
	X(OUT_OF_ORDER_SEQUENCE_NUMBER, 45, FATAL, \
	    "the sequence number does not follow the producer's last one") \
	X(DUPLICATE_SEQUENCE_NUMBER, 46, FATAL, \
	    "the batch was written already") \
	X(INVALID_PRODUCER_EPOCH, 47, FATAL, \
	    "the producer epoch is older than the current one") \
	X(INVALID_TXN_STATE, 48, FATAL, \
	    "the transaction is in a state that does not allow this") \
	X(INVALID_PRODUCER_ID_MAPPING, 49, FATAL, \
	    "the transactional id belongs to another producer id") \
	X(INVALID_TRANSACTION_TIMEOUT, 50, FATAL, \
	    "the transaction timeout exceeds the broker's maximum") \
	X(CONCURRENT_TRANSACTIONS, 51, RETRY, \
	    "another operation on the same transaction is in progress") \
	X(TRANSACTION_COORDINATOR_FENCED, 52, FATAL, \
	    "the transaction coordinator of this epoch has been replaced") \
	X(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 53, FATAL, \
	    "no permission for the transactional id") \
	X(SECURITY_DISABLED, 54, FATAL, \
	    "security features are switched off") \
	X(OPERATION_NOT_ATTEMPTED, 55, FATAL, \
	    "not attempted, since another part of the request failed") \
	X(KAFKA_STORAGE_ERROR, 56, REFRESH, \
	    "the disk that holds the log failed") \
	X(LOG_DIR_NOT_FOUND, 57, FATAL, \
	    "the log directory is not one of the broker's") \
	X(SASL_AUTHENTICATION_FAILED, 58, FATAL, \
	    "SASL authentication failed") \
	X(UNKNOWN_PRODUCER_ID, 59, FATAL, \
	    "the log knows no such producer id, its records may have been deleted") \
	X(REASSIGNMENT_IN_PROGRESS, 60, FATAL, \
	    "the partition is being reassigned") \
	X(DELEGATION_TOKEN_AUTH_DISABLED, 61, FATAL, \
	    "delegation tokens are switched off") \
	X(DELEGATION_TOKEN_NOT_FOUND, 62, FATAL, \
	    "the broker knows no such delegation token") \
	X(DELEGATION_TOKEN_OWNER_MISMATCH, 63, FATAL, \
	    "the delegation token belongs to another principal") \
	X(DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, 64, FATAL, \
	    "delegation token requests are not allowed on this connection") \
	X(DELEGATION_TOKEN_AUTHORIZATION_FAILED, 65, FATAL, \
	    "no permission for the delegation token") \
	X(DELEGATION_TOKEN_EXPIRED, 66, FATAL, \
	    "the delegation token has expired") \
	X(INVALID_PRINCIPAL_TYPE, 67, FATAL, \
	    "the principal type is not supported") \
	X(NON_EMPTY_GROUP, 68, FATAL, \
	    "the group has members") \
	X(GROUP_ID_NOT_FOUND, 69, FATAL, \
	    "there is no such group") \
	X(FETCH_SESSION_ID_NOT_FOUND, 70, RETRY, \
	    "there is no such fetch session") \
	X(INVALID_FETCH_SESSION_EPOCH, 71, RETRY, \
	    "the epoch of the fetch session is not the expected one") \
	X(LISTENER_NOT_FOUND, 72, REFRESH, \
	    "the leader has no listener of the name that was asked from") \
	X(TOPIC_DELETION_DISABLED, 73, FATAL, \
	    "deleting topics is switched off") \
	X(FENCED_LEADER_EPOCH, 74, REFRESH, \
	    "the leader epoch is older than the broker's") \
	X(UNKNOWN_LEADER_EPOCH, 75, RETRY, \
	    "the leader epoch is newer than the broker's") \
	X(UNSUPPORTED_COMPRESSION_TYPE, 76, FATAL, \
	    "the client's version cannot read or write this compression") \
	X(STALE_BROKER_EPOCH, 77, FATAL, \
	    "the broker epoch is older than the registered one") \
	X(OFFSET_NOT_AVAILABLE, 78, RETRY, \
	    "the new leader's high watermark is not known to be current yet") \
	X(MEMBER_ID_REQUIRED, 79, FATAL, \
	    "the member must join again with the id that it was given") \
	X(PREFERRED_LEADER_NOT_AVAILABLE, 80, REFRESH, \
	    "the preferred leader cannot lead now") \
	X(GROUP_MAX_SIZE_REACHED, 81, FATAL, \
	    "the group has its maximum number of members") \
	X(FENCED_INSTANCE_ID, 82, FATAL, \
	    "another member has taken over this instance id") \
	X(ELIGIBLE_LEADERS_NOT_AVAILABLE, 83, REFRESH, \
	    "no replica may become the leader now") \
	X(ELECTION_NOT_NEEDED, 84, REFRESH, \
	    "the partition has the right leader already") \
	X(NO_REASSIGNMENT_IN_PROGRESS, 85, FATAL, \
	    "there is no reassignment in progress") \
	X(GROUP_SUBSCRIBED_TO_TOPIC, 86, FATAL, \
	    "the group is subscribed to the topic") \
	X(INVALID_RECORD, 87, FATAL, \
	    "the batch holds a record that the broker refuses") \
	X(UNSTABLE_OFFSET_COMMIT, 88, RETRY, \
	    "offsets of an open transaction are pending") \
	X(THROTTLING_QUOTA_EXCEEDED, 89, RETRY, \
	    "the quota is used up") \
	X(PRODUCER_FENCED, 90, FATAL, \
	    "another producer has taken over this transactional id") \
	X(RESOURCE_NOT_FOUND, 91, FATAL, \
	    "there is no such resource") \
	X(DUPLICATE_RESOURCE, 92, FATAL, \
	    "the same resource was named twice") \
	X(UNACCEPTABLE_CREDENTIAL, 93, FATAL, \
	    "the credential does not meet the requirements") \
	X(INCONSISTENT_VOTER_SET, 94, FATAL, \
	    "the voters named differ from the quorum's") \
	X(INVALID_UPDATE_VERSION, 95, FATAL, \
	    "the version of the update is not valid") \
	X(FEATURE_UPDATE_FAILED, 96, FATAL, \
	    "the feature could not be updated") \
	X(PRINCIPAL_DESERIALIZATION_FAILURE, 97, FATAL, \
	    "the forwarded principal could not be read") \
	X(SNAPSHOT_NOT_FOUND, 98, FATAL, \
	    "there is no such snapshot") \
	X(POSITION_OUT_OF_RANGE, 99, FATAL, \
	    "the position is outside the snapshot") \
	X(UNKNOWN_TOPIC_ID, 100, REFRESH, \
	    "the broker knows no topic of this id") \
	X(DUPLICATE_BROKER_REGISTRATION, 101, FATAL, \
	    "a broker of this id is registered already") \
	X(BROKER_ID_NOT_REGISTERED, 102, FATAL, \
	    "no broker of this id is registered") \
	X(INCONSISTENT_TOPIC_ID, 103, REFRESH, \
	    "the topic id in the log differs from the one in the request") \
	X(INCONSISTENT_CLUSTER_ID, 104, FATAL, \
	    "the cluster id differs from this cluster's") \
	X(TRANSACTIONAL_ID_NOT_FOUND, 105, FATAL, \
	    "there is no such transactional id") \
	X(FETCH_SESSION_TOPIC_ID_ERROR, 106, RETRY, \
	    "the fetch session mixes topic ids and topic names") \
	X(INELIGIBLE_REPLICA, 107, FATAL, \
	    "the replica may not join the in-sync replicas") \
	X(NEW_LEADER_ELECTED, 108, FATAL, \
	    "the leader has changed meanwhile") \
	X(OFFSET_MOVED_TO_TIERED_STORAGE, 109, FATAL, \
	    "the offset has moved to tiered storage") \
	X(FENCED_MEMBER_EPOCH, 110, FATAL, \
	    "the member epoch has been fenced, the member must join again") \
	X(UNRELEASED_INSTANCE_ID, 111, FATAL, \
	    "another member still holds this instance id") \
	X(UNSUPPORTED_ASSIGNOR, 112, FATAL, \
	    "the assignor is not supported") \
	X(STALE_MEMBER_EPOCH, 113, FATAL, \
	    "the member epoch is older than the group's") \
	X(MISMATCHED_ENDPOINT_TYPE, 114, FATAL, \
	    "the request was sent to an endpoint of another kind") \
	X(UNSUPPORTED_ENDPOINT_TYPE, 115, FATAL, \
	    "the kind of endpoint is not supported") \
	X(UNKNOWN_CONTROLLER_ID, 116, FATAL, \
	    "there is no controller of this id") \
	X(UNKNOWN_SUBSCRIPTION_ID, 117, FATAL, \
	    "the client's metrics subscription is out of date") \
	X(TELEMETRY_TOO_LARGE, 118, FATAL, \
	    "the client's metrics are too large") \
	X(INVALID_REGISTRATION, 119, FATAL, \
	    "the controller refuses the registration") \
	X(TRANSACTION_ABORTABLE, 120, FATAL, \
	    "the transaction can only be aborted") \
	X(INVALID_RECORD_STATE, 121, FATAL, \
	    "the record is in a state that does not allow this") \
	X(SHARE_SESSION_NOT_FOUND, 122, RETRY, \
	    "there is no such share session") \
	X(INVALID_SHARE_SESSION_EPOCH, 123, RETRY, \
	    "the epoch of the share session is not the expected one") \
	X(FENCED_STATE_EPOCH, 124, FATAL, \
	    "the state epoch is older than the coordinator's") \
	X(INVALID_VOTER_KEY, 125, FATAL, \
	    "the key of the voter is not the registered one") \
	X(DUPLICATE_VOTER, 126, FATAL, \
	    "the voter is a member of the quorum already") \
	X(VOTER_NOT_FOUND, 127, FATAL, \
	    "the voter is not a member of the quorum")

#define KAFKA_ERROR_ENUM_MEMBER(name, code, reaction, text) KAFKA_ERROR_##name = code,
enum kafka_error { KAFKA_ERROR_TABLE(KAFKA_ERROR_ENUM_MEMBER) };
#undef KAFKA_ERROR_ENUM_MEMBER

enum { KAFKA_ERROR_FIRST = KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
	KAFKA_ERROR_LAST = KAFKA_ERROR_VOTER_NOT_FOUND };

/*
 * A code comes from a peer, so it may be none of the list: then the name is
 * "UNKNOWN_ERROR_CODE" and a client gives up.
 */
const char *kafka_error_name(int16_t code);
const char *kafka_error_text(int16_t code);
bool kafka_error_is_retriable(int16_t code);
bool kafka_error_refreshes_metadata(int16_t code);

#endif
