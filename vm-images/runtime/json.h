/* A JSON reader just large enough: it walks values without building them and says where they are. */
#ifndef DRYDOCK_JSON_H
#define DRYDOCK_JSON_H

#include <stddef.h>

/* Where a piece of the text is: [start, end). */
struct span {
    size_t start, end;
};

struct reader {
    const char *text;
    size_t at, length;
    int depth;
};

/* Called before a value with its key, which is empty in an array. It reads the value or skips it, and returns 0 when it cannot. */
typedef int read_value(struct reader *, struct span key, void *context);

/* The next character that is no space, 0 at the end. */
char peek(struct reader *);

/* Each of these reads one value and returns 1, or 0 when there is none that it understands: the text is then of no use. */
int read_object(struct reader *, read_value *, void *context);
int read_array(struct reader *, read_value *, void *context);
int read_string(struct reader *, struct span *inside); /* without its quotes, escapes as they are */
int skip_value(struct reader *);

int equals(const struct reader *, struct span, const char *word);

/* The text that a string stands for, UTF-8. Returns 0 when `size` bytes cannot hold it and its final 0. */
int unescape(const struct reader *, struct span inside, char *into, size_t size);

#endif
