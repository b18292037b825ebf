/* clang-format off */
/* store_sqlite_statements.h: the statements of the connection that writes: SQ_STATEMENT(name, sql). Included more than once. */
SQ_STATEMENT(BEGIN, "BEGIN IMMEDIATE")
SQ_STATEMENT(COMMIT, "COMMIT")
SQ_STATEMENT(ROLLBACK, "ROLLBACK")
SQ_STATEMENT(VERSION, "PRAGMA data_version")
SQ_STATEMENT(STATE, "SELECT seq,records,repeats,rejected,removed,rejects,reject_bytes,kv FROM state")
SQ_STATEMENT(STATE_SET, "UPDATE state SET seq=?1,records=?2,repeats=?3,rejected=?4,removed=?5,rejects=?6,reject_bytes=?7,kv=?8")
SQ_STATEMENT(TOPIC, "SELECT topic FROM topic WHERE name=?1")
SQ_STATEMENT(TOPIC_NEW, "INSERT INTO topic(name) VALUES(?1)")
SQ_STATEMENT(DEVICE, "SELECT dev,known,first_seen,last_seen,via,presence,why,since,heard,records,"
                     "EXISTS(SELECT 1 FROM removed x WHERE x.dev=d.dev),EXISTS(SELECT 1 FROM untimed x WHERE x.dev=d.dev) "
                     "FROM device d WHERE user=?1 AND device=?2")
SQ_STATEMENT(DEVICE_NEW, "INSERT INTO device(user,device,known,via,presence,why,records) VALUES(?1,?2,0,0,0,0,0)")
SQ_STATEMENT(DEVICE_SET, "UPDATE device SET known=?2,first_seen=?3,last_seen=?4,via=?5,presence=?6,why=?7,since=?8,heard=?9,"
                         "records=?10 WHERE dev=?1")
SQ_STATEMENT(NEWEST, "SELECT type,at,arrival,seq,id,oldest,count FROM newest WHERE dev=?1")
SQ_STATEMENT(NEWEST_SET, "REPLACE INTO newest(dev,type,at,arrival,seq,id,oldest,count) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")
SQ_STATEMENT(NEWEST_DROP, "DELETE FROM newest WHERE dev=?1 AND type=?2")
SQ_STATEMENT(NEWEST_FIND, "SELECT at,arrival,seq,id FROM record WHERE dev=?1 AND type=?2 ORDER BY at DESC,arrival DESC,seq DESC LIMIT 1")
SQ_STATEMENT(RECORD_NEW, "INSERT INTO record(dev,type,at,id,seq,arrival,origin,qos,sub,idx,marks,lat,lon,repeats,last_arrival,topic,payload) "
                         "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,0,NULL,?14,?15) ON CONFLICT(dev,type,at,id) DO NOTHING")
SQ_STATEMENT(RECORD_THERE, "SELECT 1 FROM record WHERE dev=?1 AND type=?2 AND at=?3 AND id=?4")
SQ_STATEMENT(RECORD_AGAIN, "UPDATE record SET repeats=repeats+1,last_arrival=max(coalesce(last_arrival,arrival),?5) "
                           "WHERE dev=?1 AND type=?2 AND at=?3 AND id=?4")
SQ_STATEMENT(RECORD_DROP, "DELETE FROM record WHERE dev=?1 AND type=?2 AND at=?3 AND id=?4")
SQ_STATEMENT(UNTIMED, "SELECT type,at FROM untimed WHERE dev=?1 AND id=?2")
SQ_STATEMENT(UNTIMED_NEW, "INSERT INTO untimed(dev,id,type,at) VALUES(?1,?2,?3,?4)")
SQ_STATEMENT(UNTIMED_DROP, "DELETE FROM untimed WHERE dev=?1 AND id=?2")
SQ_STATEMENT(REMOVED, "SELECT 1 FROM removed WHERE dev=?1 AND id=?2 AND removed>=?3")
SQ_STATEMENT(REMOVED_NEW, "INSERT INTO removed(seq,dev,id,type,at,arrival,removed) VALUES(?1,?2,?3,?4,?5,?6,?7)")
SQ_STATEMENT(REMOVED_OLDEST, "SELECT removed FROM removed ORDER BY seq LIMIT 1")
SQ_STATEMENT(REMOVED_PURGE, "DELETE FROM removed WHERE removed<?1")
SQ_STATEMENT(DEVICE_PURGE, "DELETE FROM device WHERE known=0 AND dev NOT IN (SELECT dev FROM removed)")
/* What falls out of a range, less the one to keep (at ?4, id ?5, NULL for none). */
SQ_STATEMENT(RANGE_COUNT, "SELECT count(*) FROM record WHERE dev=?1 AND type=?2 AND at<=?3 AND (?4 IS NULL OR at<>?4 OR id<>?5)")
SQ_STATEMENT(RANGE_REMOVED, "INSERT INTO removed(seq,dev,id,type,at,arrival,removed) SELECT ?6+row_number() OVER (ORDER BY at,id),dev,id,type,at,"
                            "arrival,?7 FROM record WHERE dev=?1 AND type=?2 AND at<=?3 AND (?4 IS NULL OR at<>?4 OR id<>?5)")
SQ_STATEMENT(RANGE_UNTIMED, "DELETE FROM untimed WHERE dev=?1 AND type=?2 AND at<=?3 AND (?4 IS NULL OR at<>?4 OR id<>?5)")
SQ_STATEMENT(RANGE_DROP, "DELETE FROM record WHERE dev=?1 AND type=?2 AND at<=?3 AND (?4 IS NULL OR at<>?4 OR id<>?5)")

SQ_STATEMENT(REJECT_AGAIN, "UPDATE reject SET repeats=repeats+1,last_arrival=max(last_arrival,?2) WHERE id=?1")
SQ_STATEMENT(REJECT_NEW, "INSERT INTO reject(seq,id,arrival,last_arrival,repeats,status,offset,field,reason,length,kept,user,device,topic,sub,qos,"
                         "payload,idx,marks,origin) VALUES(?1,?2,?3,?3,0,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)")
SQ_STATEMENT(REJECT_OLDEST, "SELECT seq,kept FROM reject ORDER BY arrival,seq LIMIT 1")
SQ_STATEMENT(REJECT_DROP, "DELETE FROM reject WHERE seq=?1")
SQ_STATEMENT(KV, "SELECT version,value FROM kv WHERE key=?1")
SQ_STATEMENT(KV_SET, "INSERT INTO kv(key,version,value) VALUES(?1,?2,?3) ON CONFLICT(key) DO UPDATE SET version=?2,value=?3")
SQ_STATEMENT(KV_DROP, "DELETE FROM kv WHERE key=?1")
SQ_STATEMENT(DEVICES, "SELECT count(*) FROM device WHERE known")
