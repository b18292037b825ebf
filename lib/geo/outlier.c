/* outlier.c: fixes that do not belong to their track, judged one after the other. */
#include "geo.h"

/* Can one get from one fix to the other? */
static bool reachable(const ot_fix *from, const ot_fix *to, double speed) {
    double way = ot_geo_distance(from->point, to->point);
    if (from->accuracy > 0) way -= from->accuracy;
    if (to->accuracy > 0) way -= to->accuracy;
    double seconds = fabs((double)to->at - (double)from->at) / 1000 + 1;
    return !(way > speed * seconds);
}

ot_outlier ot_outlier_next(ot_outlier_state *state, const ot_outlier_limits *limits, const ot_fix *fix) {
    static const ot_outlier_limits usual = OT_OUTLIER_LIMITS;
    if (!limits) limits = &usual;
    state->cleared = 0;
    if (!ot__geo_valid(fix->point)) return OT_OUTLIER_NO_POINT;
    if (fabs(fix->point.lat) <= 1e-4 && fabs(ot__geo_wrap(fix->point.lon)) <= 1e-4) return OT_OUTLIER_NULL_ISLAND;
    if (fix->accuracy < 0 || fix->accuracy > limits->accuracy) return OT_OUTLIER_INACCURATE;
    if (state->goods && !reachable(&state->good, fix, limits->speed)) {
        unsigned agree = state->jumps && reachable(&state->jump, fix, limits->speed) ? state->jumps : 0;
        if (agree + 1 < limits->confirm) {
            state->jump = *fix;
            state->jumps = agree + 1;
            return OT_OUTLIER_JUMP;
        }
        state->cleared = agree;
    }
    state->good = *fix;
    state->goods++;
    state->jumps = 0;
    return OT_OUTLIER_NONE;
}

const char *ot_outlier_name(ot_outlier reason) {
    switch (reason) {
    case OT_OUTLIER_NONE:
        return "none";
    case OT_OUTLIER_NO_POINT:
        return "no-point";
    case OT_OUTLIER_NULL_ISLAND:
        return "null-island";
    case OT_OUTLIER_INACCURATE:
        return "inaccurate";
    case OT_OUTLIER_JUMP:
        return "jump";
    }
    return "?";
}
