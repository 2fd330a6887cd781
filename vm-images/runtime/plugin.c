/* In front of the docker client's plugins, buildx and compose. Before it runs one the client asks it who it is, twice at a
 * `docker build`: a start of 60 MB of Go each time, 75 M guest instructions, for the same few lines. They were written down when the image
 * was built; anything else goes to the plugin itself. Stands in a folder where the client looks first, under the plugin's name. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PLUGINS
#define PLUGINS "/usr/libexec/docker/cli-plugins"
#endif
#ifndef ANSWERS
#define ANSWERS "/usr/libexec/drydock/plugins" /* <plugin>.json */
#endif

static const char question[] = "docker-cli-plugin-metadata";

/* Returns 1 when the whole answer is out. An answer that is older than the plugin is another one's. */
static int answer(const char *plugin, const char *name) {
    static char text[65536];
    char path[4096];
    struct stat asked, written;
    if (snprintf(path, sizeof path, "%s/%s.json", ANSWERS, name) >= (int)sizeof path) return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &written) < 0 || stat(plugin, &asked) < 0 || asked.st_mtime > written.st_mtime) return 0;
    ssize_t length = read(fd, text, sizeof text);
    return length > 0 && length < (ssize_t)sizeof text && write(1, text, length) == length;
}

int main(int argc, char **argv) {
    char plugin[4096];
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    if (snprintf(plugin, sizeof plugin, "%s/%s", PLUGINS, name) >= (int)sizeof plugin) return 127;
    if (argc == 2 && !strcmp(argv[1], question) && answer(plugin, name)) return 0;
    execv(plugin, argv);
    perror(plugin);
    return 127;
}
