#include "config.h"

#include <string.h>

/* What was seen in one hook entry. */
struct entry {
    struct span path;
    int has_path, names_setkey;
};

static int read_hook_argument(struct reader *r, struct span key, void *context) {
    (void)key;
    struct span word;
    if (peek(r) != '"') return skip_value(r);
    if (!read_string(r, &word)) return 0;
    if (equals(r, word, "libnetwork-setkey")) ((struct entry *)context)->names_setkey = 1;
    return 1;
}

static int read_hook_field(struct reader *r, struct span key, void *context) {
    struct entry *entry = context;
    char next = peek(r);
    if (equals(r, key, "args") && next == '[') return read_array(r, read_hook_argument, entry);
    if (equals(r, key, "path") && next == '"') return entry->has_path = read_string(r, &entry->path);
    return skip_value(r);
}

/* "/proc/<pid>/exe", the pid a number or "self". */
static int is_engine_path(const struct reader *r, struct span s) {
    static const char head[] = "/proc/", tail[] = "/exe";
    size_t length = s.end - s.start, ends = sizeof head - 1 + sizeof tail - 1;
    if (length <= ends || memcmp(r->text + s.start, head, sizeof head - 1) || memcmp(r->text + s.end - (sizeof tail - 1), tail, sizeof tail - 1)) return 0;
    return !memchr(r->text + s.start + sizeof head - 1, '/', length - ends);
}

static int read_hook(struct reader *r, struct span key, void *context) {
    (void)key;
    struct config *config = context;
    struct entry entry = { { 0, 0 }, 0, 0 };
    if (peek(r) != '{') return skip_value(r);
    if (!read_object(r, read_hook_field, &entry)) return 0;
    if (!config->has_hook && entry.has_path && entry.names_setkey && is_engine_path(r, entry.path)) {
        config->has_hook = 1;
        config->hook = entry.path;
    }
    return 1;
}

static int read_stage(struct reader *r, struct span key, void *context) {
    (void)key;
    return peek(r) == '[' ? read_array(r, read_hook, context) : skip_value(r);
}

struct mount {
    int on_proc, is_proc;
};

static int read_mount_field(struct reader *r, struct span key, void *context) {
    struct mount *mount = context;
    struct span value;
    if (peek(r) != '"') return skip_value(r);
    if (!read_string(r, &value)) return 0;
    if (equals(r, key, "type")) mount->is_proc = equals(r, value, "proc");
    if (equals(r, key, "destination")) mount->on_proc = equals(r, value, "/proc") || (value.end - value.start > 6 && !memcmp(r->text + value.start, "/proc/", 6));
    return 1;
}

static int read_mount(struct reader *r, struct span key, void *context) {
    (void)key;
    struct mount mount = { 0, 0 };
    if (peek(r) != '{') return skip_value(r);
    if (!read_object(r, read_mount_field, &mount)) return 0;
    if (mount.on_proc && !mount.is_proc) ((struct config *)context)->covers_proc = 1;
    return 1;
}

struct limit {
    struct span type;
    int digits; /* of the soft limit */
};

static int read_limit_field(struct reader *r, struct span key, void *context) {
    struct limit *limit = context;
    if (equals(r, key, "type") && peek(r) == '"') return read_string(r, &limit->type);
    peek(r);
    size_t start = r->at;
    if (!skip_value(r)) return 0;
    if (equals(r, key, "soft")) limit->digits = r->at - start;
    return 1;
}

static int read_limit(struct reader *r, struct span key, void *context) {
    static const char *const strict[] = { "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_RSS", "RLIMIT_STACK" };
    (void)key;
    struct config *config = context;
    struct limit limit = { { 0, 0 }, 0 };
    if (peek(r) != '{') return skip_value(r);
    if (!read_object(r, read_limit_field, &limit)) return 0;
    for (size_t i = 0; i < sizeof strict / sizeof *strict; i++)
        if (equals(r, limit.type, strict[i])) config->limits_runtime = 1;
    if (equals(r, limit.type, "RLIMIT_NOFILE") && limit.digits < 4) config->limits_runtime = 1;
    return 1;
}

static int read_process_limits(struct reader *r, struct span key, void *context) {
    return equals(r, key, "rlimits") && peek(r) == '[' ? read_array(r, read_limit, context) : skip_value(r);
}

static int read_top(struct reader *r, struct span key, void *context) {
    if (equals(r, key, "process") && peek(r) == '{') return read_object(r, read_process_limits, context);
    if (equals(r, key, "hooks") && peek(r) == '{') return read_object(r, read_stage, context);
    if (equals(r, key, "mounts") && peek(r) == '[') return read_array(r, read_mount, context);
    return skip_value(r);
}

int read_config(const char *text, size_t length, struct config *config) {
    struct reader r = { text, 0, length, 0 };
    memset(config, 0, sizeof *config);
    return read_object(&r, read_top, config) && !peek(&r);
}

struct arguments {
    struct process *process;
    int seen;
};

static int read_argument(struct reader *r, struct span key, void *context) {
    (void)key;
    struct arguments *arguments = context;
    struct span word;
    if (arguments->seen++ || peek(r) != '"') return skip_value(r);
    return read_string(r, &word) && unescape(r, word, arguments->process->program, sizeof arguments->process->program);
}

static int read_process_field(struct reader *r, struct span key, void *context) {
    struct arguments arguments = { context, 0 };
    struct span word;
    char next = peek(r);
    if (equals(r, key, "process") && next == '{') return read_object(r, read_process_field, context);
    if (equals(r, key, "args") && next == '[') return read_array(r, read_argument, &arguments);
    if (equals(r, key, "cwd") && next == '"') return read_string(r, &word) && unescape(r, word, arguments.process->folder, sizeof arguments.process->folder);
    return skip_value(r);
}

int read_process(const char *text, size_t length, struct process *process) {
    struct reader r = { text, 0, length, 0 };
    memset(process, 0, sizeof *process);
    return read_object(&r, read_process_field, process) && !peek(&r);
}
