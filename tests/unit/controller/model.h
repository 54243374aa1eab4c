/* tests/unit/controller/model.h: contexts made of short texts, for the decisions. */
#ifndef KLAMM_TESTS_UNIT_CONTROLLER_MODEL_H
#define KLAMM_TESTS_UNIT_CONTROLLER_MODEL_H

#include "controller/context.h"

struct model {
	struct context context;
	struct arena arena;
};

/* Controller epoch 5. */
void model_init(struct model *model);
void model_fini(struct model *model);
/* rack NULL: none. Its epoch is id * 100. */
void model_broker(struct model *model, int32_t id, const char *rack);
/* The same, and its log of this partition may lack acknowledged records. */
void model_doubtful(struct model *model, int32_t id, const char *topic, int32_t index);
/* "1,2,3; 2,3,1": partitions 0, 1, ... on these brokers. */
struct context_topic *model_topic(struct model *model, const char *name, const char *partitions);
/* Leader, leader epoch 7, version 3, controller epoch 4; the partition is Online, its replicas too. */
struct context_partition *model_led(struct context_topic *topic, int32_t index, int32_t leader,
    const char *isr);
struct payload_int32_list model_ids(struct model *model, const char *text);
/* "1,2", in a static buffer. */
const char *model_text(struct payload_int32_list ids);

#endif
