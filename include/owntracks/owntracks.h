/** @file owntracks.h
 *  @brief Everything of the core; backends have headers of their own: <owntracks/sqlite.h>, <owntracks/mosquitto.h>. */
#ifndef OWNTRACKS_OWNTRACKS_H
#define OWNTRACKS_OWNTRACKS_H

#include <owntracks/command.h>
#include <owntracks/engine.h>
#include <owntracks/envelope.h>
#include <owntracks/export.h>
#include <owntracks/format.h>
#include <owntracks/geo.h>
#include <owntracks/hash.h>
#include <owntracks/json.h>
#include <owntracks/kv.h>
#include <owntracks/log.h>
#include <owntracks/mem.h>
#include <owntracks/message.h>
#include <owntracks/policy.h>
#include <owntracks/record.h>
#include <owntracks/schema.h>
#include <owntracks/session.h>
#include <owntracks/status.h>
#include <owntracks/store.h>
#include <owntracks/str.h>
#include <owntracks/time.h>
#include <owntracks/topic.h>
#include <owntracks/transport.h>
#include <owntracks/version.h>
#include <owntracks/waypoints.h>

#endif
