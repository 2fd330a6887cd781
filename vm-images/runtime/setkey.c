/* What `dockerd libnetwork-setkey` does at a container's start, without dockerd's 60 MB binary: tells the engine where the
 * new network namespace is, and waits for its answer.
 *
 *   setkey -exec-root=DIR CONTAINER CONTROLLER   (argv[0] is "libnetwork-setkey"; the OCI state is on standard input)
 *
 * The engine listens on DIR/libnetwork/CONTROLLER.sock for {"ContainerID","Key"} and answers "success" or a reason. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char option[] = "-exec-root=";

static int fail(const char *what, const char *why) {
    fprintf(stderr, "setkey: %s: %s\n", what, why);
    return 1;
}

/* The number after "pid", 0 when there is none. "pid" inside a longer key does not count. */
static long pid_of(const char *state) {
    for (const char *at = state; (at = strstr(at, "\"pid\"")); at++) {
        const char *value = at + strlen("\"pid\"");
        while (isspace((unsigned char)*value)) value++;
        if (*value++ != ':') continue;
        return strtol(value, 0, 10);
    }
    return 0;
}

static int write_all(int fd, const char *text, size_t length) {
    while (length) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return 0;
        text += n;
        length -= n;
    }
    return 1;
}

int main(int argc, char **argv) {
    static char state[65536];
    struct sockaddr_un engine = { .sun_family = AF_UNIX };
    char line[512], answer[512];

    if (argc != 4 || strncmp(argv[1], option, sizeof option - 1)) return fail("usage", "libnetwork-setkey -exec-root=DIR CONTAINER CONTROLLER");
    state[fread(state, 1, sizeof state - 1, stdin)] = 0;
    long pid = pid_of(state);
    if (pid <= 0) return fail("state", "it names no pid");
    if (strpbrk(argv[2], "\"\\")) return fail(argv[2], "no container id");

    if (snprintf(engine.sun_path, sizeof engine.sun_path, "%s/libnetwork/%s.sock", argv[1] + sizeof option - 1, argv[3]) >= (int)sizeof engine.sun_path) return fail(argv[3], "the socket's path is too long");
    int length = snprintf(line, sizeof line, "{\"ContainerID\":\"%s\",\"Key\":\"/proc/%ld/ns/net\"}", argv[2], pid);
    if (length >= (int)sizeof line) return fail(argv[2], "the container id is too long");

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&engine, sizeof engine) < 0) return fail(engine.sun_path, strerror(errno));
    if (!write_all(fd, line, length)) return fail("engine", strerror(errno));
    ssize_t got;
    do got = read(fd, answer, sizeof answer - 1);
    while (got < 0 && errno == EINTR);
    if (got < 0) return fail("engine", strerror(errno));
    answer[got] = 0;
    return strncmp(answer, "success", strlen("success")) ? fail("engine", got ? answer : "it gave no answer") : 0;
}
