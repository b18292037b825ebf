/* rows.h: how the .def files are read. Includers define what they need of

     SELF                      name, NAME, struct: which type the rows belong to (each .def file says it)
     TYPE(number, text, name, doc)     opens a type; text is its `_type`, "" for nested ones
     X(member, key, KIND, UNIT, FLAGS, min, max, since, doc)     a field
     ALIAS(member, "keys")     further keys of a field, separated by blanks
     WORDS(member, "words")    the known words of an ENUM, or those that a STR or RAW may hold, separated by blanks
     NESTED(member, TYPE)      the type of the objects in an OBJ or OBJS
     ANDROID_RANGE(member, min, max)   what the Android app takes, where that is less than the range of the field
     END                       closes the type

   include types.def, and include rows.h again with OT_ROWS_DONE to forget the words. A macro that needs SELF calls OT_ROW, which puts
   name, NAME and struct before the other arguments. */
#ifndef OT_ROWS_DONE
#define OT_ROW(macro, ...)  OT_ROW_(macro, __VA_ARGS__)
#define OT_ROW_(macro, ...) macro(__VA_ARGS__)
#define INF                 INFINITY
#define YEAR9999            253402300799.0
#define REQUIRED            OT_FIELD_REQUIRED
#define EXPECTED            OT_FIELD_EXPECTED
#define EXTENDED            OT_FIELD_EXTENDED
#define SECRET              OT_FIELD_SECRET
#define RETIRED             OT_FIELD_RETIRED
#define HIDDEN              OT_FIELD_HIDDEN
#define ON_ANDROID          OT_FIELD_ANDROID
#define ON_IOS              (OT_FIELD_IOS | OT_FIELD_IOS_OLD)
#define ON_IOS_OLD          OT_FIELD_IOS_OLD
#define ON_BOTH             (ON_ANDROID | ON_IOS)
#define UI_ONLY             OT_FIELD_UI_ONLY
#else
#undef INF
#undef YEAR9999
#undef REQUIRED
#undef EXPECTED
#undef EXTENDED
#undef SECRET
#undef RETIRED
#undef HIDDEN
#undef ON_ANDROID
#undef ON_IOS
#undef ON_IOS_OLD
#undef ON_BOTH
#undef UI_ONLY
#undef OT_ROW
#undef OT_ROW_
#undef OT_ROWS_DONE
#undef TYPE
#undef X
#undef ALIAS
#undef WORDS
#undef NESTED
#undef ANDROID_RANGE
#undef END
#endif
