#include "zk/election.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { US = 1, OTHER = 2 };

static struct election election;
static struct election_actions actions;

static void
setup(void)
{
	election_init(&election, US);
}

TestSuite(election, .init = setup);

/* ------------------------------------------------------------ a small language */

static void
step(struct election_event event)
{
	election_step(&election, &event, &actions);
}

static void
happens(enum election_event_type type)
{
	step((struct election_event){ .type = type });
}

static void
answer(enum election_answer code)
{
	step((struct election_event){ .type = ELECTION_ANSWERED, .answer = code });
}

static void
controller_is(int32_t broker)
{
	step((struct election_event){ .type = ELECTION_ANSWERED, .broker = broker });
}

static void
controller_is_ours(void)
{
	step((struct election_event){ .type = ELECTION_ANSWERED, .broker = US, .is_ours = true });
}

static void
epoch_is(int32_t epoch, int32_t version)
{
	step((struct election_event){ .type = ELECTION_ANSWERED, .epoch = epoch, .version = version });
}

static void
claim_made(int32_t version)
{
	step((struct election_event){ .type = ELECTION_ANSWERED, .version = version });
}

/* The actions as words, and the state they led to. */
static void
expect(const char *wanted)
{
	static const char *const names[] = { "read", "read-epoch", "create-epoch", "claim", "won", "known",
		"stand-down", "delete", "failed" };
	char text[256] = "";

	for (size_t i = 0; i < actions.count; i++) {
		const struct election_action *action = &actions.entries[i];
		char word[64];
		(void)snprintf(word, sizeof(word), "%s", names[action->type]);
		if (action->type == ELECTION_CLAIM || action->type == ELECTION_WON ||
		    action->type == ELECTION_DELETE_CONTROLLER)
			(void)snprintf(word, sizeof(word), "%s(%d@%d)", names[action->type], action->epoch,
			    action->version);
		else if (action->type == ELECTION_CONTROLLER_KNOWN)
			(void)snprintf(word, sizeof(word), "known(%d%s)", action->broker, action->kraft ? "k" : "");
		strncat(text, word, sizeof(text) - strlen(text) - 1);
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
	}
	strncat(text, election_state_text(election.state), sizeof(text) - strlen(text) - 1);
	cr_expect_str_eq(text, wanted);
	cr_expect_eq(election_is_leading(&election),
	    election.state == ELECTION_LEADING || election.state == ELECTION_CHECKING);
}

static void
claim_from(int32_t epoch, int32_t version)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	answer(ELECTION_ABSENT);
	epoch_is(epoch, version);
}

static void
lead(void)
{
	claim_from(4, 40);
	claim_made(41);
	cr_assert(election_is_leading(&election));
}

static void
follow_other(void)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is(OTHER);
	cr_assert_eq(election.state, ELECTION_FOLLOWING);
}

/* ------------------------------------------------------------ elections */

Test(election, of_a_new_cluster_creates_the_epoch)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	expect("read READING");
	answer(ELECTION_ABSENT);
	expect("read-epoch READING_EPOCH");
	answer(ELECTION_ABSENT);
	expect("create-epoch CREATING_EPOCH");
	answer(ELECTION_OK);
	expect("read-epoch READING_EPOCH");
	epoch_is(0, 0);
	expect("claim(1@0) CLAIMING");
	claim_made(1);
	expect("known(1) won(1@1) LEADING");
}

Test(election, goes_on_when_another_created_the_epoch)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	answer(ELECTION_ABSENT);
	answer(ELECTION_ABSENT);
	answer(ELECTION_TAKEN);
	expect("read-epoch READING_EPOCH");
	epoch_is(0, 0);
	expect("claim(1@0) CLAIMING");
}

Test(election, is_not_held_while_there_is_a_controller)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is(OTHER);
	expect("known(2) FOLLOWING");
}

Test(election, is_not_held_against_kraft)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	step((struct election_event){ .type = ELECTION_ANSWERED, .broker = US, .kraft = true });
	expect("known(1k) FOLLOWING");
}

Test(election, waits_for_the_node_of_our_own_former_session_to_vanish)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is(US);
	expect("known(-1) FOLLOWING");
	happens(ELECTION_CONTROLLER_DELETED);
	expect("read READING");
	answer(ELECTION_ABSENT);
	expect("read-epoch READING_EPOCH");
}

Test(election, is_held_when_the_controller_is_gone)
{
	follow_other();
	happens(ELECTION_CONTROLLER_DELETED);
	expect("read READING");
	answer(ELECTION_ABSENT);
	epoch_is(7, 3);
	expect("claim(8@3) CLAIMING");
}

Test(election, follows_a_controller_that_changed)
{
	follow_other();
	happens(ELECTION_CONTROLLER_CHANGED);
	expect("read READING");
	controller_is(3);
	expect("known(3) FOLLOWING");
}

/* ------------------------------------------------------------ races */

Test(election, lost_to_another_is_followed)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	expect("read RECHECKING");
	controller_is(OTHER);
	expect("known(2) FOLLOWING");
}

Test(election, won_with_a_lost_reply_is_recognised)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	controller_is_ours();
	expect("read-epoch RECHECKING_EPOCH");
	epoch_is(5, 41);
	expect("known(1) won(5@41) LEADING");
}

Test(election, is_not_won_by_the_node_of_our_own_former_session)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	controller_is(US);
	expect("known(-1) FOLLOWING");
}

Test(election, clears_a_node_of_our_session_that_was_not_won)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is_ours();
	expect("read-epoch CLEARING");
	epoch_is(6, 60);
	expect("delete(6@60) RESIGNING");
	answer(ELECTION_OK);
	expect("read READING");
	answer(ELECTION_ABSENT);
	expect("read-epoch READING_EPOCH");
}

Test(election, clears_its_node_when_the_epoch_is_not_the_claimed_one)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	controller_is_ours();
	epoch_is(9, 90);
	expect("delete(9@90) RESIGNING");
}

Test(election, clears_its_node_after_a_resignation_behind_a_changed_epoch)
{
	lead();
	happens(ELECTION_RESIGN);
	answer(ELECTION_TAKEN);
	expect("read READING");
	controller_is_ours();
	expect("read-epoch CLEARING");
	epoch_is(77, 42);
	expect("delete(77@42) RESIGNING");
}

Test(election, makes_the_epoch_before_it_clears_its_node)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is_ours();
	answer(ELECTION_ABSENT);
	expect("create-epoch CREATING_EPOCH");
	answer(ELECTION_OK);
	epoch_is(0, 0);
	expect("claim(1@0) CLAIMING");
	answer(ELECTION_TAKEN);
	controller_is_ours();
	epoch_is(0, 0);
	expect("delete(0@0) RESIGNING");
}

Test(election, tries_later_to_clear_what_it_may_not_delete)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is_ours();
	answer(ELECTION_REFUSED);
	expect("known(-1) failed FOLLOWING");
	happens(ELECTION_RETRY);
	controller_is_ours();
	epoch_is(6, 60);
	answer(ELECTION_REFUSED);
	expect("known(-1) failed FOLLOWING");
}

Test(election, ends_when_another_process_has_our_number)
{
	lead();
	happens(ELECTION_CONTROLLER_CHANGED);
	controller_is(US);
	expect("stand-down known(-1) FOLLOWING");
}

Test(election, is_held_again_when_the_winner_is_gone_already)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	answer(ELECTION_ABSENT);
	expect("read-epoch READING_EPOCH");
	epoch_is(5, 41);
	expect("claim(6@41) CLAIMING");
}

Test(election, remembers_a_deletion_while_a_call_is_under_way)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	controller_is_ours();
	happens(ELECTION_CONTROLLER_DELETED);
	expect("RECHECKING_EPOCH");
	epoch_is(5, 41);
	expect("known(1) won(5@41) read CHECKING");
}

Test(election, forgets_a_change_that_its_next_read_shows)
{
	claim_from(4, 40);
	happens(ELECTION_CONTROLLER_CHANGED);
	expect("CLAIMING");
	answer(ELECTION_TAKEN);
	expect("read RECHECKING");
	controller_is(OTHER);
	expect("known(2) FOLLOWING");
}

Test(election, looks_again_when_the_node_changed_during_the_claim)
{
	claim_from(4, 40);
	happens(ELECTION_CONTROLLER_CHANGED); /* our own creation, most likely */
	claim_made(41);
	expect("known(1) won(5@41) read CHECKING");
	controller_is_ours();
	expect("LEADING");
}

Test(election, follows_after_a_change_during_the_first_read)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	happens(ELECTION_CONTROLLER_DELETED);
	controller_is(OTHER);
	expect("known(2) read READING");
	answer(ELECTION_ABSENT);
	expect("read-epoch READING_EPOCH");
}

/* ------------------------------------------------------------ the end of a term */

Test(election, ends_when_another_is_in_the_node)
{
	lead();
	happens(ELECTION_CONTROLLER_CHANGED);
	expect("read CHECKING");
	controller_is(OTHER);
	expect("stand-down known(2) FOLLOWING");
}

Test(election, is_held_again_when_our_node_was_deleted)
{
	lead();
	happens(ELECTION_CONTROLLER_DELETED);
	answer(ELECTION_ABSENT);
	expect("stand-down read-epoch READING_EPOCH");
}

Test(election, stays_won_while_the_node_cannot_be_read)
{
	lead();
	happens(ELECTION_CONTROLLER_CHANGED);
	answer(ELECTION_REFUSED);
	expect("failed LEADING");
	happens(ELECTION_RETRY);
	controller_is_ours();
	expect("LEADING");
}

Test(election, resigns_with_its_own_fence)
{
	lead();
	happens(ELECTION_RESIGN);
	expect("stand-down delete(5@41) RESIGNING");
	happens(ELECTION_CONTROLLER_DELETED);
	expect("RESIGNING");
	answer(ELECTION_OK);
	expect("read READING");
	answer(ELECTION_ABSENT);
	expect("read-epoch READING_EPOCH");
}

Test(election, resigned_too_late_follows_the_winner)
{
	lead();
	happens(ELECTION_RESIGN);
	answer(ELECTION_TAKEN);
	expect("read READING");
	controller_is(OTHER);
	expect("known(2) FOLLOWING");
}

Test(election, resigns_in_the_middle_of_a_look)
{
	lead();
	happens(ELECTION_CONTROLLER_CHANGED);
	happens(ELECTION_RESIGN);
	expect("stand-down RESIGN_CHECKING");
	controller_is_ours();
	expect("delete(5@41) RESIGNING");
}

Test(election, need_not_delete_what_is_gone)
{
	lead();
	happens(ELECTION_CONTROLLER_CHANGED);
	happens(ELECTION_RESIGN);
	controller_is(OTHER);
	expect("known(2) FOLLOWING");
}

Test(election, is_not_resigned_from_by_a_follower)
{
	follow_other();
	happens(ELECTION_RESIGN);
	expect("FOLLOWING");
}

/* ------------------------------------------------------------ sessions and refusals */

Test(election, ends_with_the_session_in_every_state)
{
	lead();
	happens(ELECTION_SESSION_EXPIRED);
	expect("stand-down known(-1) IDLE");
	happens(ELECTION_CONTROLLER_DELETED);
	expect("IDLE");
	happens(ELECTION_RESIGN);
	expect("IDLE");
	claim_from(5, 41);
	happens(ELECTION_SESSION_EXPIRED);
	expect("known(-1) IDLE");
	follow_other();
	happens(ELECTION_SESSION_EXPIRED);
	expect("known(-1) IDLE");
	lead();
	happens(ELECTION_RESIGN);
	happens(ELECTION_SESSION_EXPIRED);
	expect("known(-1) IDLE");
}

Test(election, forgets_changes_of_a_former_session)
{
	claim_from(4, 40);
	happens(ELECTION_CONTROLLER_CHANGED);
	happens(ELECTION_SESSION_EXPIRED);
	happens(ELECTION_SESSION_ESTABLISHED);
	controller_is(OTHER);
	expect("known(2) FOLLOWING");
}

Test(election, is_retried_after_a_refusal_at_any_step)
{
	happens(ELECTION_SESSION_ESTABLISHED);
	answer(ELECTION_REFUSED);
	expect("known(-1) failed FOLLOWING");
	happens(ELECTION_RETRY);
	answer(ELECTION_ABSENT);
	answer(ELECTION_REFUSED);
	expect("known(-1) failed FOLLOWING");
	happens(ELECTION_RETRY);
	answer(ELECTION_ABSENT);
	answer(ELECTION_ABSENT);
	answer(ELECTION_REFUSED);
	expect("known(-1) failed FOLLOWING");
	happens(ELECTION_RETRY);
	answer(ELECTION_ABSENT);
	epoch_is(4, 40);
	answer(ELECTION_REFUSED);
	expect("known(-1) failed FOLLOWING");
}

Test(election, never_claims_past_the_last_epoch)
{
	claim_from(INT32_MAX, 1);
	expect("known(-1) failed FOLLOWING");
}

Test(election, survives_the_loss_of_the_epoch_node)
{
	claim_from(4, 40);
	answer(ELECTION_TAKEN);
	controller_is_ours();
	answer(ELECTION_ABSENT);
	expect("known(-1) failed FOLLOWING");
}
