/*
 * klammd/notify.h: tells the service manager how we are (sd_notify(3), whose
 * protocol is one datagram to $NOTIFY_SOCKET), so that a unit of Type=notify
 * is up when the broker serves.
 */
#ifndef KLAMM_KLAMMD_NOTIFY_H
#define KLAMM_KLAMMD_NOTIFY_H

/* "READY=1", "STOPPING=1", "STATUS=..."; nothing without $NOTIFY_SOCKET. */
void notify(const char *state);

#endif
