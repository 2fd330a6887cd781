/* In front of containerd's shim, at the places in a container's life where that Go program of 13 MB is started for a moment's work:
 *
 *   start   makes the socket, starts the shim that stays beside the container, prints the socket's address
 *   delete  tidies up after a shim that has gone. containerd asks for it after every container, also after one that ended in
 *           good order and left nothing to tidy
 *
 * Each of the two costs 17 M guest instructions of the 230 M of a `docker run`; here next to nothing. Whatever this program does
 * not understand, and every delete that has something to do, goes to the real one, as the shim beside the container is. It must stand in PATH
 * before it, under its name. Follows containerd 1.7.24, runtime/v2/runc/manager/manager_linux.go and runtime/v2/shim. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef SHIM
#define SHIM "/usr/bin/containerd-shim-runc-v2"
#endif
#ifndef SOCKETS
#define SOCKETS "/run/containerd/s"
#endif
#ifndef RUNTIME_ROOT
#define RUNTIME_ROOT "/run/containerd/runc" /* where there are no options, or none that say otherwise */
#endif

#define LARGEST (1 << 20) /* bytes; the engine writes about 10 KB */
#define SIGKILL_STATUS 137

struct call {
    const char *namespace, *id, *address, *bundle, *action;
    int debug;
};

static char text[LARGEST + 1];

/* Reads all there is into `text`. Returns its length, -1 when it cannot be read or is too large. */
static ssize_t read_all(int fd) {
    size_t length = 0;
    for (;;) {
        ssize_t got = read(fd, text + length, LARGEST - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 || (got > 0 && length + got == LARGEST)) return -1;
        length += got;
        if (!got) return text[length] = 0, (ssize_t)length;
    }
}

static ssize_t read_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read_all(fd);
    close(fd);
    return length;
}

static int write_all(int fd, const void *bytes, size_t length) {
    for (const char *at = bytes; length;) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return 0;
        at += n;
        length -= n;
    }
    return 1;
}

/* As Go's package flag reads them. Returns 0 at anything unknown. */
static int parse(int argc, char **argv, struct call *call) {
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *flag = argv[i], *ignored, **value;
        if (!strcmp(flag, "-debug")) {
            call->debug = 1;
            continue;
        }
        if (!strcmp(flag, "-namespace")) value = &call->namespace;
        else if (!strcmp(flag, "-id")) value = &call->id;
        else if (!strcmp(flag, "-address")) value = &call->address;
        else if (!strcmp(flag, "-bundle")) value = &call->bundle;
        else if (!strcmp(flag, "-publish-binary")) value = &ignored;
        else return 0;
        if (++i == argc) return 0;
        *value = argv[i];
    }
    if (i + 1 != argc) return 0;
    call->action = argv[i];
    return call->namespace && call->id && call->address && !strpbrk(call->namespace, "/\"\\") && !strpbrk(call->id, "/\"\\");
}

/* The next field of a protocol buffers message: its number, and where a length-delimited value is. Returns 0 at the end. */
static int next_field(const unsigned char **at, const unsigned char *end, unsigned *number, const unsigned char **value, size_t *length) {
    unsigned long numbers[2] = { 0, 0 };
    for (int n = 0; n < 2; n++) {
        for (int shift = 0;; shift += 7) {
            if (*at >= end || shift > 28) return 0;
            numbers[n] |= (unsigned long)(**at & 127) << shift;
            if (!(*(*at)++ & 128)) break;
        }
        if (!n && (numbers[0] & 7) != 0 && (numbers[0] & 7) != 2) return 0;
    }
    *number = numbers[0] >> 3;
    *value = *at;
    *length = (numbers[0] & 7) == 2 ? numbers[1] : 0;
    if (*length > (size_t)(end - *at)) return 0;
    *at += *length;
    return 1;
}

/* Whether the options on standard input ask for a control group of the shim's own: Any { value = 2: Options { shim_cgroup = 3 } }. */
static int asks_for_cgroup(const unsigned char *at, size_t size) {
    const unsigned char *value, *inner, *ignored;
    unsigned number;
    size_t length, inner_length;
    for (const unsigned char *end = at + size; next_field(&at, end, &number, &value, &length);) {
        if (number != 2) continue;
        for (inner = value; next_field(&inner, value + length, &number, &ignored, &inner_length);)
            if (number == 3 && inner_length) return 1;
    }
    return 0;
}

/* The real one is to find them again. */
static int put_back_input(ssize_t length) {
    int ends[2];
    if (length > 60000 || pipe(ends) < 0) return 0; /* a pipe holds 64 KB */
    int done = write_all(ends[1], text, length);
    close(ends[1]);
    if (!done || dup2(ends[0], 0) < 0) return 0;
    close(ends[0]);
    return 1;
}

static int adjust_oom_score(pid_t shim) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)getppid());
    if (read_file(path) <= 0) return 0;
    long score = strtol(text, 0, 10) + 1;
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)shim);
    FILE *file = fopen(path, "w");
    if (!file) return 0;
    int written = fprintf(file, "%ld", score > 1000 ? 1000 : score) > 0;
    return !fclose(file) && written;
}

static int save_address(const char *address) {
    FILE *file = fopen(".address", "w");
    if (!file) return 0;
    int written = fputs(address, file) >= 0;
    return !fclose(file) && written && !chmod(".address", 0644) && !rename(".address", "address");
}

static void become_shim(const struct call *call, int listener) {
    char *argv[] = { SHIM, "-namespace", (char *)call->namespace, "-id", (char *)call->id, "-address", (char *)call->address, call->debug ? "-debug" : 0, 0 };
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || setpgid(0, 0) < 0) _exit(127);
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    if (listener == 3) fcntl(3, F_SETFD, 0);
    else dup2(listener, 3);
    for (int fd = 4; fd < 16; fd++) close(fd);
    setenv("GOMAXPROCS", "4", 1);
    execv(SHIM, argv);
    _exit(127);
}

/* In the bundle's folder. Returns 1 when the shim runs; 0 when the real one must do it, which then finds everything as it was. */
static int start(const struct call *call) {
    struct sockaddr_un socket_address = { .sun_family = AF_UNIX };
    char address[sizeof socket_address.sun_path + 8];
    if (getenv("SCHED_CORE")) return 0;
    if (read_file("config.json") <= 0 || strstr(text, "io.containerd.runc.v2.group") || strstr(text, "io.kubernetes.cri.sandbox-id")) return 0; /* several containers to one shim */
    if (snprintf(socket_address.sun_path, sizeof socket_address.sun_path, "%s/%s-%s", SOCKETS, call->namespace, call->id) >= (int)sizeof socket_address.sun_path) return 0;
    snprintf(address, sizeof address, "unix://%s", socket_address.sun_path);

    ssize_t options = read_all(0);
    if (options < 0) return 0;
    if (!put_back_input(options) || asks_for_cgroup((unsigned char *)text, options)) return 0;

    mkdir(SOCKETS, 0711);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&socket_address, sizeof socket_address) < 0) return close(listener), 0;
    pid_t shim = -1;
    if (!chmod(socket_address.sun_path, 0600) && !listen(listener, 128) && save_address(address)) shim = fork();
    if (!shim) become_shim(call, listener);
    if (shim < 0) {
        unlink(socket_address.sun_path);
        close(listener);
        return 0;
    }
    adjust_oom_score(shim); /* the engine's own score is not worth a container */
    return write_all(1, address, strlen(address));
}

/* The number or string after a key of a small JSON text, as text; its end in *end. */
static const char *value_of(const char *json, const char *key, const char **end) {
    const char *at = strstr(json, key);
    if (!at) return 0;
    at += strlen(key);
    while (*at == ' ' || *at == ':') at++;
    if (*at++ != '"') return 0;
    const char *stop = strchr(at, '"');
    if (!stop || memchr(at, '\\', stop - at)) return 0;
    *end = stop;
    return at;
}

static size_t put_varint(unsigned char *at, unsigned long long value) {
    size_t length = 0;
    for (; value > 127; value >>= 7) at[length++] = value | 128;
    at[length++] = value;
    return length;
}

/* Returns 1 when there was nothing to tidy and containerd has its answer. */
static int delete(const struct call *call) {
    char path[4096];
    const char *bundle = call->bundle ? call->bundle : ".", *end = 0, *root = 0;
    if (snprintf(path, sizeof path, "%s/options.json", bundle) >= (int)sizeof path) return 0;
    if (read_file(path) < 0 && errno != ENOENT) return 0;
    if (text[0]) root = value_of(text, "\"root\"", &end);
    if (!root || root == end) end = (root = RUNTIME_ROOT) + strlen(RUNTIME_ROOT);
    if (snprintf(path, sizeof path, "%.*s/%s/%s", (int)(end - root), root, call->namespace, call->id) >= (int)sizeof path) return 0;
    if (!access(path, F_OK) || errno != ENOENT) return 0; /* the runtime still knows it */

    if (snprintf(path, sizeof path, "%s/rootfs", bundle) >= (int)sizeof path) return 0;
    if (read_file("/proc/self/mountinfo") <= 0 || strstr(text, path)) return 0;
    if (snprintf(path, sizeof path, "%s/init.pid", bundle) >= (int)sizeof path || read_file(path) <= 0) return 0;
    long pid = strtol(text, 0, 10);
    if (pid <= 0) return 0;

    /* DeleteResponse { pid = 1, exit_status = 2, exited_at = 3: Timestamp { seconds = 1, nanos = 2 } } */
    unsigned char answer[64], stamp[32];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    size_t length = 0, stamp_length = 0;
    stamp[stamp_length++] = 1 << 3;
    stamp_length += put_varint(stamp + stamp_length, now.tv_sec);
    stamp[stamp_length++] = 2 << 3;
    stamp_length += put_varint(stamp + stamp_length, now.tv_nsec);
    answer[length++] = 1 << 3;
    length += put_varint(answer + length, pid);
    answer[length++] = 2 << 3;
    length += put_varint(answer + length, SIGKILL_STATUS);
    answer[length++] = 3 << 3 | 2;
    answer[length++] = stamp_length;
    memcpy(answer + length, stamp, stamp_length);
    return write_all(1, answer, length + stamp_length);
}

int main(int argc, char **argv) {
    struct call call = { 0 };
    if (parse(argc, argv, &call)) {
        if (!strcmp(call.action, "start") && start(&call)) return 0;
        if (!strcmp(call.action, "delete") && delete(&call)) return 0;
    }
    argv[0] = SHIM;
    execv(SHIM, argv);
    perror(SHIM);
    return 127;
}
