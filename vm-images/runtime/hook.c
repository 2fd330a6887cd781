/* A JSON reader just large enough: it walks values without building them and remembers where two of them were. */
#include "hook.h"

#include <string.h>

#define DEEPEST 64 /* an OCI configuration nests about 6 deep */

struct reader {
    const char *text;
    size_t at, length;
    int depth;
};

/* What was seen in one hook entry. */
struct entry {
    struct span path;
    int has_path, names_setkey;
};

static void skip_space(struct reader *r) {
    while (r->at < r->length && strchr(" \t\r\n", r->text[r->at]) && r->text[r->at]) r->at++;
}

/* The next character that is no space, 0 at the end. */
static char peek(struct reader *r) {
    skip_space(r);
    return r->at < r->length ? r->text[r->at] : 0;
}

static int take(struct reader *r, char expected) {
    if (peek(r) != expected) return 0;
    r->at++;
    return 1;
}

static int read_string(struct reader *r, struct span *inside) {
    if (!take(r, '"')) return 0;
    inside->start = r->at;
    while (r->at < r->length && r->text[r->at] != '"') r->at += r->text[r->at] == '\\' ? 2 : 1;
    if (r->at >= r->length) return 0;
    inside->end = r->at++;
    return 1;
}

static int equals(const struct reader *r, struct span s, const char *word) {
    return s.end - s.start == strlen(word) && !memcmp(r->text + s.start, word, s.end - s.start);
}

static int skip_value(struct reader *r);

/* Calls `each` with the reader before each member's value, in an object (key set) or an array (key empty). */
static int walk(struct reader *r, char open, char close, int (*each)(struct reader *, struct span key, void *), void *context) {
    if (!take(r, open) || ++r->depth > DEEPEST) return 0;
    if (!take(r, close)) {
        do {
            struct span key = { 0, 0 };
            if (open == '{' && (!read_string(r, &key) || !take(r, ':'))) return 0;
            if (!each(r, key, context)) return 0;
        } while (take(r, ','));
        if (!take(r, close)) return 0;
    }
    r->depth--;
    return 1;
}

static int skip_member(struct reader *r, struct span key, void *context) {
    (void)key;
    (void)context;
    return skip_value(r);
}

static int skip_value(struct reader *r) {
    struct span ignored;
    switch (peek(r)) {
    case '{': return walk(r, '{', '}', skip_member, 0);
    case '[': return walk(r, '[', ']', skip_member, 0);
    case '"': return read_string(r, &ignored);
    }
    size_t start = r->at; /* number, true, false, null */
    while (r->at < r->length && r->text[r->at] && !strchr(",]} \t\r\n", r->text[r->at])) r->at++;
    return r->at > start;
}

static int read_argument(struct reader *r, struct span key, void *context) {
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
    if (equals(r, key, "args") && next == '[') return walk(r, '[', ']', read_argument, entry);
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
    struct entry *found = context, entry = { { 0, 0 }, 0, 0 };
    if (peek(r) != '{') return skip_value(r);
    if (!walk(r, '{', '}', read_hook_field, &entry)) return 0;
    if (!found->has_path && entry.has_path && entry.names_setkey && is_engine_path(r, entry.path)) *found = entry;
    return 1;
}

static int read_stage(struct reader *r, struct span key, void *context) {
    (void)key;
    return peek(r) == '[' ? walk(r, '[', ']', read_hook, context) : skip_value(r);
}

static int read_top(struct reader *r, struct span key, void *context) {
    return equals(r, key, "hooks") && peek(r) == '{' ? walk(r, '{', '}', read_stage, context) : skip_value(r);
}

int find_setkey_hook(const char *text, size_t length, struct span *path) {
    struct reader r = { text, 0, length, 0 };
    struct entry found = { { 0, 0 }, 0, 0 };
    if (!walk(&r, '{', '}', read_top, &found) || peek(&r) || !found.has_path) return 0;
    *path = found.path;
    return 1;
}
