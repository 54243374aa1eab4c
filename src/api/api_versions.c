/* ApiVersions: which keys and versions are served (KIP-35, KIP-511). */
#include <ctype.h>

#include "api/request.h"

/* Letters, digits, and within them "-" and "." (AdminClient software name and version). */
static bool
is_software_text(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		bool edge = i == 0 || i + 1 == text.size;

		if (isalnum(text.bytes[i]) == 0 &&
		    (edge || (text.bytes[i] != '-' && text.bytes[i] != '.')))
			return false;
	}
	return text.size > 0;
}

static void
list_keys(struct request *request, struct api_versions_response *response)
{
	response->api_keys.items = request_array(request, api_table_count,
	    sizeof(*response->api_keys.items));
	response->api_keys.count = (int32_t)api_table_count;
	for (size_t i = 0; i < api_table_count; i++) {
		struct api_versions_response_api_version *key = &response->api_keys.items[i];

		*key = api_versions_response_api_version_defaults;
		key->api_key = api_table[i].key;
		key->min_version = api_table[i].first_version;
		key->max_version = api_table[i].last_version;
	}
}

/* A version that we do not know: what the client needs to ask again. */
static void
answer_unknown(struct request *request, struct api_versions_response *response)
{
	response->error_code = KAFKA_ERROR_UNSUPPORTED_VERSION;
	response->api_keys.items = request_new(request, sizeof(*response->api_keys.items));
	response->api_keys.count = 1;
	*response->api_keys.items = api_versions_response_api_version_defaults;
	response->api_keys.items[0].api_key = request->entry->key;
	response->api_keys.items[0].min_version = request->entry->first_version;
	response->api_keys.items[0].max_version = request->entry->last_version;
}

void
api_api_versions(struct request *request)
{
	const struct api_versions_request *body = request->body;
	struct api_versions_response *response = request->response;

	if (body == NULL)
		answer_unknown(request, response);
	else if (request->version >= 3 && (!is_software_text(body->client_software_name) ||
	    !is_software_text(body->client_software_version)))
		response->error_code = KAFKA_ERROR_INVALID_REQUEST;
	else
		list_keys(request, response);
	request_answer(request);
}
