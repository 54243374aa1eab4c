#include "base/buffer_list.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/prng.h"

struct counted {
	struct buffer_owner owner;
	int released;
};

static void
count_release(struct buffer_owner *owner)
{
	container_of(owner, struct counted, owner)->released++;
}

static struct counted
counted(void)
{
	return (struct counted){ .owner = { .release = count_release } };
}

static void
expect_bytes_part(const struct buffer_part *part, const char *text)
{
	cr_assert_not_null(part);
	cr_assert_eq(part->type, BUFFER_PART_BYTES);
	cr_expect(slice_equal_text(slice_of(part->bytes, part->length), text), "%s", text);
}

static void
expect_external_part(const struct buffer_part *part, const struct counted *file, int64_t offset,
    size_t length)
{
	cr_assert_not_null(part);
	cr_assert_eq(part->type, BUFFER_PART_EXTERNAL);
	cr_expect_eq(part->owner, &file->owner);
	cr_expect_eq(part->offset, offset);
	cr_expect_eq(part->length, length);
}

Test(buffer_list, begins_empty)
{
	struct buffer_list list;

	buffer_list_init(&list);
	cr_expect_eq(buffer_list_size(&list), 0);
	cr_expect_null(buffer_list_front(&list));
	cr_expect_null(buffer_list_part(&list, 1));
	buffer_list_consume(&list, 0);
	cr_expect_null(buffer_list_front(&list));
	buffer_list_fini(&list);
}

Test(buffer_list, gives_its_parts_in_the_order_in_which_they_came)
{
	struct buffer_list list;
	struct counted borrowed = counted(), file = counted();

	buffer_list_init(&list);
	buffer_append(buffer_list_bytes(&list), "head", 4);
	buffer_list_borrow(&list, slice_of_text("body"), &borrowed.owner);
	buffer_append(buffer_list_bytes(&list), "mid", 3);
	buffer_append(buffer_list_bytes(&list), "dle", 3);
	buffer_list_external(&list, &file.owner, 1000, 50);
	buffer_append(buffer_list_bytes(&list), "tail", 4);
	cr_expect_eq(buffer_list_size(&list), 4 + 4 + 6 + 50 + 4);
	expect_bytes_part(buffer_list_part(&list, 0), "head");
	expect_bytes_part(buffer_list_part(&list, 1), "body");
	expect_bytes_part(buffer_list_part(&list, 2), "middle");
	expect_external_part(buffer_list_part(&list, 3), &file, 1000, 50);
	expect_bytes_part(buffer_list_part(&list, 4), "tail");
	cr_expect_null(buffer_list_part(&list, 5));
	cr_expect_null(buffer_list_part(&list, SIZE_MAX));
	cr_expect_eq(buffer_list_size(&list), 68);
	buffer_list_fini(&list);
	cr_expect_eq(borrowed.released, 1);
	cr_expect_eq(file.released, 1);
}

Test(buffer_list, owned_bytes_may_move_while_they_are_gathered)
{
	struct buffer_list list;

	buffer_list_init(&list);
	buffer_append(buffer_list_bytes(&list), "first", 5);
	buffer_list_borrow(&list, slice_of_text("-"), NULL);
	memset(buffer_extend(buffer_list_bytes(&list), 100000), 'x', 100000);
	expect_bytes_part(buffer_list_front(&list), "first");
	cr_expect_eq(buffer_list_part(&list, 2)->length, 100000);
	cr_expect_eq(buffer_list_part(&list, 2)->bytes[99999], 'x');
	buffer_list_fini(&list);
}

Test(buffer_list, may_be_written_to_after_it_was_read)
{
	struct buffer_list list;

	buffer_list_init(&list);
	buffer_append(buffer_list_bytes(&list), "first", 5);
	expect_bytes_part(buffer_list_front(&list), "first");
	buffer_list_consume(&list, 2);
	memset(buffer_extend(buffer_list_bytes(&list), 100000), 'x', 100000);
	expect_bytes_part(buffer_list_front(&list), "rst");
	buffer_list_consume(&list, 3 + 99999);
	expect_bytes_part(buffer_list_front(&list), "x");
	buffer_list_fini(&list);
}

Test(buffer_list, consumes_across_parts)
{
	struct buffer_list list;
	struct counted borrowed = counted(), file = counted();

	buffer_list_init(&list);
	buffer_append(buffer_list_bytes(&list), "head", 4);
	buffer_list_borrow(&list, slice_of_text("body"), &borrowed.owner);
	buffer_list_external(&list, &file.owner, 1000, 50);
	buffer_append(buffer_list_bytes(&list), "tail", 4);
	buffer_list_consume(&list, 1);
	expect_bytes_part(buffer_list_front(&list), "ead");
	buffer_list_consume(&list, 5);
	expect_bytes_part(buffer_list_front(&list), "dy");
	cr_expect_eq(borrowed.released, 0);
	buffer_list_consume(&list, 2 + 20);
	cr_expect_eq(borrowed.released, 1);
	expect_external_part(buffer_list_front(&list), &file, 1020, 30);
	buffer_list_consume(&list, 29);
	expect_external_part(buffer_list_front(&list), &file, 1049, 1);
	cr_expect_eq(file.released, 0);
	cr_expect_eq(buffer_list_size(&list), 5);
	buffer_list_consume(&list, 3);
	cr_expect_eq(file.released, 1);
	expect_bytes_part(buffer_list_front(&list), "il");
	buffer_list_consume(&list, 2);
	cr_expect_null(buffer_list_front(&list));
	cr_expect_eq(buffer_list_size(&list), 0);
	buffer_list_fini(&list);
	cr_expect_eq(borrowed.released, 1);
	cr_expect_eq(file.released, 1);
}

Test(buffer_list, releases_a_partly_consumed_owner_once_at_its_end)
{
	struct buffer_list list;
	struct counted file = counted(), borrowed = counted();

	buffer_list_init(&list);
	buffer_list_external(&list, &file.owner, 0, 10);
	buffer_list_borrow(&list, slice_of_text("abc"), &borrowed.owner);
	buffer_list_consume(&list, 4);
	cr_expect_eq(file.released, 0);
	buffer_list_fini(&list);
	cr_expect_eq(file.released, 1);
	cr_expect_eq(borrowed.released, 1);
	buffer_list_fini(&list);
	cr_expect_eq(file.released, 1, "a second end releases nothing");
}

Test(buffer_list, releases_an_owner_of_several_parts_once_for_each)
{
	struct buffer_list list;
	struct counted file = counted();

	buffer_list_init(&list);
	buffer_list_external(&list, &file.owner, 0, 10);
	buffer_list_external(&list, &file.owner, 50, 10);
	buffer_list_consume(&list, 10);
	cr_expect_eq(file.released, 1);
	buffer_list_consume(&list, 10);
	cr_expect_eq(file.released, 2);
	buffer_list_fini(&list);
	cr_expect_eq(file.released, 2);
}

Test(buffer_list, releases_the_owner_of_nothing_at_once)
{
	struct buffer_list list;
	struct counted empty = counted(), null = counted(), file = counted();

	buffer_list_init(&list);
	buffer_list_borrow(&list, slice_of_text(""), &empty.owner);
	buffer_list_borrow(&list, slice_null(), &null.owner);
	buffer_list_external(&list, &file.owner, 7, 0);
	buffer_list_borrow(&list, slice_null(), NULL);
	cr_expect_eq(empty.released, 1);
	cr_expect_eq(null.released, 1);
	cr_expect_eq(file.released, 1);
	cr_expect_null(buffer_list_front(&list));
	buffer_list_fini(&list);
	cr_expect_eq(empty.released + null.released + file.released, 3);
}

Test(buffer_list, external_offsets_may_pass_four_gigabytes)
{
	struct buffer_list list;
	struct counted file = counted();

	buffer_list_init(&list);
	buffer_list_external(&list, &file.owner, INT64_C(5) << 32, (size_t)3 << 32);
	buffer_list_consume(&list, (size_t)2 << 32);
	expect_external_part(buffer_list_front(&list), &file, INT64_C(7) << 32, (size_t)1 << 32);
	buffer_list_fini(&list);
}

Test(buffer_list, takes_no_more_memory_however_many_answers_go_through_it)
{
	struct buffer_list list;

	buffer_list_init(&list);
	for (int i = 0; i < 10000; i++) {
		buffer_append(buffer_list_bytes(&list), "answer", 6);
		buffer_list_borrow(&list, slice_of_text("records"), NULL);
		expect_bytes_part(buffer_list_front(&list), "answer");
		buffer_list_consume(&list, 9);
		expect_bytes_part(buffer_list_front(&list), "ords");
		buffer_list_consume(&list, 4);
	}
	cr_expect_leq(list.capacity, 16);
	cr_expect_leq(list.owned.capacity, 1024);
	buffer_list_fini(&list);
}

Test(buffer_list, takes_no_more_memory_also_when_something_is_always_left)
{
	struct buffer_list list;

	buffer_list_init(&list);
	buffer_append(buffer_list_bytes(&list), "c", 1);
	for (int i = 0; i < 10000; i++) {
		buffer_list_borrow(&list, slice_of_text("a"), NULL);
		buffer_append(buffer_list_bytes(&list), "bc", 2);
		buffer_list_consume(&list, 2);
		expect_bytes_part(buffer_list_front(&list), "bc");
		buffer_list_consume(&list, 1);
		expect_bytes_part(buffer_list_front(&list), "c");
	}
	cr_expect_leq(list.capacity, 16);
	cr_expect_leq(list.owned.capacity, 1024);
	buffer_list_fini(&list);
}

Test(buffer_list, does_not_consume_more_than_it_has, .signal = SIGABRT)
{
	struct buffer_list list;

	buffer_list_init(&list);
	buffer_append(buffer_list_bytes(&list), "abc", 3);
	buffer_list_consume(&list, 4);
}

Test(buffer_list, an_external_part_does_not_begin_before_its_object, .signal = SIGABRT)
{
	struct buffer_list list;

	buffer_list_init(&list);
	buffer_list_external(&list, NULL, -1, 4);
}

enum { MODEL_SIZE = 4096, OWNERS = 200 };

struct model {
	uint8_t file[MODEL_SIZE]; /* what every external part is a slice of */
	uint8_t expected[OWNERS * 64];
	size_t size;
	struct counted owners[OWNERS];
	size_t owner_count;
};

static void
add_random_part(struct buffer_list *list, struct model *model, struct prng *prng)
{
	size_t size = prng_below(prng, 60), from = prng_below(prng, MODEL_SIZE - 60);
	struct counted *owner = &model->owners[model->owner_count++];

	*owner = counted();
	switch (prng_below(prng, 3)) {
	case 0:
		buffer_append(buffer_list_bytes(list), model->file + from, size);
		owner->released = 1;
		break;
	case 1:
		buffer_list_borrow(list, slice_of(model->file + from, size), &owner->owner);
		break;
	default:
		buffer_list_external(list, &owner->owner, (int64_t)from, size);
	}
	memcpy(model->expected + model->size, model->file + from, size);
	model->size += size;
}

/* Reads one part as a connection would, some of it, and says how much. */
static size_t
send_some(struct buffer_list *list, const struct model *model, size_t position, struct prng *prng)
{
	const struct buffer_part *part = buffer_list_front(list);
	const uint8_t *bytes;
	size_t size;

	cr_assert_not_null(part);
	cr_assert_gt(part->length, 0);
	bytes = part->type == BUFFER_PART_BYTES ? part->bytes : model->file + part->offset;
	cr_assert_arr_eq(bytes, model->expected + position, part->length);
	size = prng_below(prng, MIN(buffer_list_size(list), (size_t)150) + 1);
	buffer_list_consume(list, size);
	return size;
}

Test(buffer_list, sends_what_was_put_in_however_it_is_consumed)
{
	static struct model model;
	struct prng prng;

	prng_init(&prng, 5);
	for (size_t i = 0; i < MODEL_SIZE; i++)
		model.file[i] = (uint8_t)prng_next(&prng);
	for (int round = 0; round < 50; round++) {
		struct buffer_list list;
		size_t position = 0;

		model.size = model.owner_count = 0;
		buffer_list_init(&list);
		while (model.owner_count < OWNERS)
			add_random_part(&list, &model, &prng);
		cr_assert_eq(buffer_list_size(&list), model.size);
		while (position < model.size) {
			position += send_some(&list, &model, position, &prng);
			cr_assert_eq(buffer_list_size(&list), model.size - position);
		}
		cr_assert_null(buffer_list_front(&list));
		for (size_t i = 0; i < OWNERS; i++)
			cr_assert_eq(model.owners[i].released, 1);
		buffer_list_fini(&list);
		for (size_t i = 0; i < OWNERS; i++)
			cr_assert_eq(model.owners[i].released, 1);
	}
}
