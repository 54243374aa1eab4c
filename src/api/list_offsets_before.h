/* api/list_offsets_before.h: ListOffsets of version 0: where segments begin, of clients from before 0.10.1. */
#ifndef KLAMM_API_LIST_OFFSETS_BEFORE_H
#define KLAMM_API_LIST_OFFSETS_BEFORE_H

#include "api/request.h"

void list_offsets_before(struct request *request);

#endif
