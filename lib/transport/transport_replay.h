/* transport_replay.h: what the two files of the replay transport share. Private, never installed. */
#ifndef OT_TRANSPORT_REPLAY_H
#define OT_TRANSPORT_REPLAY_H

#include <owntracks/envelope.h>

/* One line as an envelope. `scratch` has at least 2 * line.len bytes: for texts whose escapes are undone. `topic` is taken where the line
   names none (NULL: that is an error). Errors name member, reason and offset in the line. */
ot_status ot__replay_json(ot_str line, char *scratch, const char *topic, ot_envelope *out, ot_error *error);
ot_status ot__replay_text(ot_str line, ot_envelope *out, ot_error *error);

#endif
