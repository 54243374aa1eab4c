#include "api/leader_endpoints.h"

void
leader_endpoints_add(struct leader_endpoints *it, struct request *request, int32_t leader)
{
	const struct image *image = request->view->image;
	const struct image_broker *broker = image_broker_find(image, leader);
	const struct image_endpoint *endpoint =
	    broker == NULL ? NULL : image_endpoint_find(broker, request->listener);

	if (endpoint == NULL)
		return;
	if (it->items == NULL) {
		it->items = request_array(request, image->broker_count, sizeof(*it->items));
		it->named = request_array(request, image->broker_count, sizeof(*it->named));
	}
	if (it->named[broker - image->brokers])
		return;
	it->named[broker - image->brokers] = true;
	it->items[it->count++] = (struct leader_endpoint){ broker, endpoint };
}
