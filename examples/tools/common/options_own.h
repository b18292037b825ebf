/* options_own.h: what the files of the option reader share; for nobody else. */
#ifndef OT_TOOLS_OPTIONS_OWN_H
#define OT_TOOLS_OPTIONS_OWN_H

#include "options.h"

/* From where a value came; a higher number stands above. */
typedef enum tool_level {
    TOOL_LEVEL_DEFAULT = 0,
    TOOL_LEVEL_MQTT,
    TOOL_LEVEL_CONFIG,
    TOOL_LEVEL_ENV,
    TOOL_LEVEL_LINE,
    TOOL_LEVEL_PROGRAM
} tool_level;

typedef struct tool_slot {
    tool_level level;
    char **texts; /* NUL-terminated copies */
    size_t count, room;
    int64_t *numbers; /* one each, for kinds that are numbers */
    double *reals;
    char *source;
    unsigned line;   /* of the file */
    bool overridden; /* another option of its group, said higher, switched it off */
} tool_slot;

struct tool_values {
    const tool_program *program;
    size_t option_count;
    tool_slot *slots;
    const tool_command *command;
    char **operands;
    size_t operand_count;
    size_t problems;
    char **strays; /* OWNTRACKS_* variables that are no option */
    size_t stray_count;
};

void *tool_must_alloc(size_t size); /* ends the program when there is no memory */
char *tool_copy(const char *text, size_t len);

/* One complaint: "ot-cat: WHERE: ..." */
void tool_complain(tool_values *values, const char *where, const char *format, ...) OT_PRINTF(3, 4);

/* Index of an option; SIZE_MAX: none. */
size_t tool_find(const tool_program *program, const char *name, size_t len);

/* Gives an option a value at a level; complains. where names the place for complaints and for tool_source(). */
void tool_assign(tool_values *values, size_t option, tool_level level, const char *text, const char *where,
                 unsigned line);

/* Reads a file into assignments at TOOL_LEVEL_CONFIG; complains. */
void tool_config_read(tool_values *values, const char *path);

/* Whether the name stands in a list separated by blanks. */
bool tool_in_list(const char *list, const char *name);

void tool_print_help(const tool_values *values, FILE *out);
void tool_print_config(const tool_values *values, FILE *out);

#endif
