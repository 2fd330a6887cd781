/* Says that the whole chain worked, in one page of memory: no C library, two system calls. */
static const char text[] =
    "\n"
    "Hello from Docker!\n"
    "\n"
    "That you can read this means that four programs did their part:\n"
    " 1. the docker client asked the engine (dockerd) to run the image \"hello-world\";\n"
    " 2. the engine looked for the image in its store and made a container from it;\n"
    " 3. containerd had the runtime (crun) start the container's only program;\n"
    " 4. the engine passed the program's output back to the client, and so to your terminal.\n"
    "\n"
    "All of it happened inside this browser tab. This image is Drydock's own, made for 32-bit x86;\n"
    "it is not the image of the same name on Docker Hub.\n"
    "\n"
    "Something larger to try:\n"
    " $ docker run -it python:3.13-slim bash\n"
    "\n";

static int call(int number, int a, const void *b, int c) {
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

void _start(void) {
    int left = sizeof text - 1, done = 0;
    while (left > 0) {
        int n = call(4 /* write */, 1, text + done, left);
        if (n <= 0) break;
        done += n;
        left -= n;
    }
    for (;;) call(1 /* exit */, left != 0, 0, 0);
}
