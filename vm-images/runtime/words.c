#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define STARTING "unable to start container process: "

static int begins(const char *text, const char *head) {
    return !strncmp(text, head, strlen(head));
}

/* The errno's text at the end of what crun said, as Go writes it: "no such file or directory". */
static void reason_of(const char *said, char *into, size_t size) {
    const char *reason = said;
    for (const char *at = said; (at = strstr(at, ": ")); reason = at += 2);
    snprintf(into, size, "%.*s", (int)strcspn(reason, "\n"), reason);
    into[0] = tolower((unsigned char)into[0]);
}

/* As Go's strconv.Quote writes it. Which of Unicode's characters have no shape is known here for Latin 1 only. */
static void quote(const char *text, char *into, size_t size) {
    static const char controls[] = "\a\b\f\n\r\t\v", letters[] = "abfnrtv";
    size_t length = 0;
    into[length++] = '"';
    for (const unsigned char *at = (const unsigned char *)text; *at && length + 8 < size; at++) {
        const char *control = strchr(controls, *at);
        if (*at == '"' || *at == '\\') length += sprintf(into + length, "\\%c", *at);
        else if (control) length += sprintf(into + length, "\\%c", letters[control - controls]);
        else if (*at < 0x20 || *at == 0x7f) length += sprintf(into + length, "\\x%02x", *at);
        else if (*at == 0xc2 && at[1] && (at[1] <= 0xa0 || at[1] == 0xad)) length += sprintf(into + length, "\\u00%02x", *++at);
        else into[length++] = *at;
    }
    into[length++] = '"';
    into[length] = 0;
}

/* What is wrong with the program. runc looks it up in PATH only when its name has no slash, and of whatever goes wrong there it
 * says that it found none. */
static int words_of_program(const char *said, const char *program, char *into, size_t size) {
    char quoted[8192], reason[128];
    int missing = begins(said, "executable file `") || begins(said, "cannot find `` in $PATH");
    int is_path = begins(said, "the path `"), forbidden = is_path && strstr(said, "` exists but it is not executable"), special = is_path && strstr(said, "` is not a regular file");
    if (!missing && !forbidden && !special && !begins(said, "cannot open `")) return 0;
    quote(program, quoted, sizeof quoted);
    if (!strchr(program, '/')) snprintf(into, size, STARTING "exec: %s: executable file not found in $PATH", quoted);
    else if (forbidden) snprintf(into, size, STARTING "exec: %s: permission denied", quoted);
    else if (special) snprintf(into, size, STARTING "exec: %s: is a directory", quoted);
    else {
        reason_of(said, reason, sizeof reason);
        snprintf(into, size, STARTING "exec: %s: stat %s: %s", quoted, program, reason);
    }
    return 1;
}

int words_of_process(const char *said, const struct process *process, char *into, size_t size) {
    /* a folder, or something that only runc tells from one */
    if (begins(said, "the path `") && strstr(said, "` is not a regular file") && strchr(process->program, '/')) return 0;
    return words_of_program(said, process->program, into, size);
}

void words_of_exec(const char *said, const struct process *process, char *into, size_t size) {
    char quoted[8192], reason[128];
    size_t frame = strlen(said);
    if (words_of_program(said, process->program, into, size)) return;
    reason_of(said, reason, sizeof reason);
    if (begins(said, "chdir to `")) {
        quote(process->folder, quoted, sizeof quoted);
        if (process->folder[0] != '/') snprintf(into, size, "Cwd must be an absolute path");
        else snprintf(into, size, STARTING "chdir to cwd (%s) set in config.json failed: %s", quoted, reason);
        return;
    }
    while (frame && said[frame - 1] == '\n') frame--;
    frame -= strlen(reason) < frame ? strlen(reason) : frame;
    snprintf(into, size, STARTING "%.*s%s", (int)frame, said, reason);
}
