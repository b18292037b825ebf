/** @file mosquitto.h
 *  @brief The component libowntracks-mosquitto: transports `mqtt://` and `mqtts://` over libmosquitto.
 *
 *  The default ports are 1883 and 8883. A name lookup and the opening of the TCP connection run in a short-lived thread of their own, so that they hold nothing else of
 *  the program; it calls no handler. Closing `mqtts:` during an attempt waits for it for up to a
 *  second, because OpenSSL must be left before a process exits. libmosquitto makes the process ignore SIGPIPE. Option `inflight` (sending): publications on the way at most. */
#ifndef OWNTRACKS_MOSQUITTO_H
#define OWNTRACKS_MOSQUITTO_H

#include <owntracks/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Makes `mqtt:` and `mqtts:` known to ot_transport_open().
 *  @return OT_OK (also when called again), OT_EUNSUPPORTED (built without libmosquitto), OT_ENOMEM.
 *  @par Threads Not safe beside other calls of the library: call it first. */
OT_API ot_status ot_mosquitto_register(void);

#ifdef __cplusplus
}
#endif
#endif
