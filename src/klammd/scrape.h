/*
 * klammd/scrape.h: what HTTP asks of a broker: questions go to the control
 * loop as messages, the page is written on web's thread.
 */
#ifndef KLAMM_KLAMMD_SCRAPE_H
#define KLAMM_KLAMMD_SCRAPE_H

#include "klammd/broker.h"
#include "web/web.h"

struct scrape;

/* The world counts (world->metrics). Both outlive it. */
struct scrape *scrape_new(struct broker *broker, struct world *world);
/* Nobody asks any more. */
void scrape_free(struct scrape *scrape);
struct web_source *scrape_source(struct scrape *scrape);

#endif
