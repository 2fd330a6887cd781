#include "json.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 64 /* an OCI configuration nests about 6 deep */

static void skip_space(struct reader *r) {
    while (r->at < r->length && strchr(" \t\r\n", r->text[r->at]) && r->text[r->at]) r->at++;
}

char peek(struct reader *r) {
    skip_space(r);
    return r->at < r->length ? r->text[r->at] : 0;
}

static int take(struct reader *r, char expected) {
    if (peek(r) != expected) return 0;
    r->at++;
    return 1;
}

int read_string(struct reader *r, struct span *inside) {
    if (!take(r, '"')) return 0;
    inside->start = r->at;
    while (r->at < r->length && r->text[r->at] != '"') r->at += r->text[r->at] == '\\' ? 2 : 1;
    if (r->at >= r->length) return 0;
    inside->end = r->at++;
    return 1;
}

int equals(const struct reader *r, struct span s, const char *word) {
    return s.end - s.start == strlen(word) && !memcmp(r->text + s.start, word, s.end - s.start);
}

static int walk(struct reader *r, char open, char close, read_value *each, void *context) {
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

int read_object(struct reader *r, read_value *each, void *context) {
    return walk(r, '{', '}', each, context);
}

int read_array(struct reader *r, read_value *each, void *context) {
    return walk(r, '[', ']', each, context);
}

static int skip_member(struct reader *r, struct span key, void *context) {
    (void)key;
    (void)context;
    return skip_value(r);
}

int skip_value(struct reader *r) {
    struct span ignored;
    switch (peek(r)) {
    case '{': return read_object(r, skip_member, 0);
    case '[': return read_array(r, skip_member, 0);
    case '"': return read_string(r, &ignored);
    }
    size_t start = r->at; /* number, true, false, null */
    while (r->at < r->length && r->text[r->at] && !strchr(",]} \t\r\n", r->text[r->at])) r->at++;
    return r->at > start;
}

static unsigned read_unit(const char *digits) {
    char hex[5] = { digits[0], digits[1], digits[2], digits[3], 0 };
    return strtoul(hex, 0, 16);
}

static size_t put_utf8(unsigned code, char *into) {
    if (code < 0x80) return into[0] = code, 1;
    if (code < 0x800) return into[0] = 0xc0 | code >> 6, into[1] = 0x80 | (code & 63), 2;
    if (code < 0x10000) return into[0] = 0xe0 | code >> 12, into[1] = 0x80 | (code >> 6 & 63), into[2] = 0x80 | (code & 63), 3;
    return into[0] = 0xf0 | code >> 18, into[1] = 0x80 | (code >> 12 & 63), into[2] = 0x80 | (code >> 6 & 63), into[3] = 0x80 | (code & 63), 4;
}

int unescape(const struct reader *r, struct span s, char *into, size_t size) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    size_t length = 0;
    for (size_t at = s.start; at < s.end;) {
        if (length + 5 > size) return 0;
        char c = r->text[at++];
        if (c != '\\') {
            into[length++] = c;
            continue;
        }
        c = r->text[at++];
        const char *letter = strchr(letters, c);
        if (c && letter) {
            into[length++] = meanings[letter - letters];
            continue;
        }
        if (c != 'u' || s.end - at < 4) return 0;
        unsigned code = read_unit(r->text + at);
        at += 4;
        if (code >= 0xd800 && code < 0xdc00 && s.end - at >= 6 && r->text[at] == '\\' && r->text[at + 1] == 'u') {
            code = 0x10000 + ((code & 0x3ff) << 10 | (read_unit(r->text + at + 2) & 0x3ff));
            at += 6;
        }
        length += put_utf8(code, into + length);
    }
    into[length] = 0;
    return 1;
}
