#include "server.h"

static struct client client;
static struct segment *const a_segment = (struct segment *)&client;

static void
setup(void)
{
	server_init();
	server_start("", 1);
	client_open(&client, 0);
	server.handle = server_hold;
	client_ask(&client, API_KEY_HEARTBEAT, 4, 1);
}

static void
teardown(void)
{
	client_close(&client);
	server_fini();
}

TestSuite(file_slice, .init = setup, .fini = teardown);

static struct file_slice *
new_slice(int64_t position)
{
	struct log_slice slice = { .segment = a_segment, .position = position, .size = 10 };
	struct file_slice *it = file_slice_new(server.held[0], &slice);

	cr_assert_null(slice.segment, "it is taken");
	cr_assert_eq(slice.size, 0);
	return it;
}

Test(file_slice, is_found_by_its_owner)
{
	struct file_slice *it = new_slice(5);

	cr_assert_eq(file_slice_of(&it->owner), it);
	cr_assert_eq(it->slice.position, 5);
	cr_assert_eq(it->slice.size, 10);
}

Test(file_slice, stays_when_its_part_of_the_answer_is_sent)
{
	struct file_slice *it = new_slice(5);

	it->owner.release(&it->owner);
	cr_assert_eq(server.released, 0);
}

Test(file_slice, goes_with_its_request)
{
	new_slice(1);
	new_slice(2);
	client_close(&client);
	server_run(SECOND_US);
	cr_assert_eq(server.released, 0);
	server_answer(0);
	cr_assert_eq(server.released, 2);
}

Test(file_slice, is_let_go_with_the_others_of_its_list)
{
	new_slice(1);
	new_slice(2);
	new_slice(3);
	file_slice_free_all(&api_request_of(server.held[0])->slices);
	cr_assert_eq(server.released, 3);
	cr_assert(list_is_empty(&api_request_of(server.held[0])->slices));
}
