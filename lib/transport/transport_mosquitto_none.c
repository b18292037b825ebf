/* transport_mosquitto_none.c: stands for the backend where the build has no libmosquitto. */
#include <owntracks/mosquitto.h>

ot_status ot_mosquitto_register(void) {
    return OT_EUNSUPPORTED;
}
