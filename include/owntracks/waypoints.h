/** @file waypoints.h
 *  @brief What is so now: the waypoints of a device, and the regions it is in, out of the records of a store. */
#ifndef OWNTRACKS_WAYPOINTS_H
#define OWNTRACKS_WAYPOINTS_H

#include <owntracks/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A waypoint as it stands now. */
typedef struct ot_waypoint_state {
    size_t size;               /**< sizeof(ot_waypoint_state). */
    ot_str user;               /**< Of the device. */
    ot_str device;             /**< Of the device. */
    ot_str key;                /**< What makes it one: its rid, else its tst as decimal digits, else its name. */
    const ot_message *message; /**< It, decoded: ot_message_waypoint() gives the fields. */
    ot_time arrival;           /**< When this form of it came. */
    ot_id id;                  /**< Of the record it came in. */
    ot_type from;              /**< OT_TYPE_WAYPOINT, or OT_TYPE_WAYPOINTS: the list it came in. */
} ot_waypoint_state;

/** The current waypoints of devices: those of the newest list (`waypoints`) of each, changed by each later `waypoint`. A waypoint with a position that is
 *  none (out of range) takes the one with its key away. What cannot be decoded is left out.
 *  @param user   absent: all. @param device absent: all.
 *  @param each   called in the order of user, device and first mention; views valid during the call; it must not write to the store. Another
 *                status than OT_OK ends.
 *  @return OT_OK, what @p each returned, or as ot_store_scan(). @par Threads As the store's. */
OT_API ot_status ot_waypoints_current(ot_store *store, ot_str user, ot_str device,
                                      ot_status (*each)(void *ctx, const ot_waypoint_state *waypoint), void *ctx,
                                      ot_error *error);

/** A region that a device has crossed the border of. */
typedef struct ot_region_state {
    size_t size;               /**< sizeof(ot_region_state). */
    ot_str user;               /**< Of the device. */
    ot_str device;             /**< Of the device. */
    ot_str key;                /**< What makes it one: its rid, else its wtst as decimal digits, else its name. */
    ot_str name;               /**< As the newest transition called it; absent when it did not. */
    bool inside;               /**< The newest transition says "enter". */
    ot_time at;                /**< Of that transition. */
    ot_time arrival;           /**< Of that transition. */
    const ot_message *message; /**< That transition, decoded: ot_message_transition() gives the fields. */
    ot_id id;                  /**< Of its record. */
} ot_region_state;

/** The newest transition (by at, then arrival) of each region of devices. Transitions without any key, or with another event than "enter" or "leave", are left out.
 *  @param user  absent: all. @param device absent: all.
 *  @param each  called in the order of user, device and key (bytes); as in ot_waypoints_current().
 *  @return OT_OK, what @p each returned, or as ot_store_scan(). @par Threads As the store's. */
OT_API ot_status ot_regions_current(ot_store *store, ot_str user, ot_str device,
                                    ot_status (*each)(void *ctx, const ot_region_state *region), void *ctx,
                                    ot_error *error);

#ifdef __cplusplus
}
#endif
#endif
