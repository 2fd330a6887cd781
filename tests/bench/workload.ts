/** What the benchmark times: the same shell commands in Chromium, under Node and under QEMU. */

export interface Workload {
    /** Key in the JSON report. */
    id: string;
    title: string;
    /** Typed exactly like this. */
    command: string;
    /** How many runs; the report gives the first, the median and the worst. */
    times: number;
    /** Restores the starting state, untimed. */
    after?: string;
}

/** Folder of the trivial build, made by `prepare`. */
const TRIVIAL = "/tmp/bench-build";

/** Untimed preparation. The Flask app is the lesson's solution; the caller puts it in /tmp/bench-flask. */
export const prepare = `mkdir -p ${TRIVIAL} && cd ${TRIVIAL} && printf 'FROM busybox\\nRUN true\\nCOPY Dockerfile /\\n' > Dockerfile && cd /`;

export const workloads: Workload[] = [
    { id: "dockerPs", title: "docker ps", command: "docker ps", times: 5 },
    { id: "dockerRun", title: "docker run --rm busybox true", command: "docker run --rm busybox true", times: 8 },
    {
        id: "dockerExec",
        title: "docker exec of `true`",
        command: "docker exec bench true",
        times: 4,
    },
    {
        id: "buildClassic",
        title: "classic build, 3 steps, no cache",
        command: `DOCKER_BUILDKIT=0 docker build -q --no-cache -t bench-classic ${TRIVIAL}`,
        times: 2,
    },
    {
        id: "buildKit",
        title: "BuildKit build, 3 steps, no cache",
        command: `docker build -q --no-cache -t bench-buildkit ${TRIVIAL}`,
        times: 2,
    },
];

/** Around dockerExec: a container in which to execute. */
export const execContainer = {
    start: "docker run -d --name bench --init busybox sleep 3600",
    stop: "docker rm -f bench",
};

/** The course's Flask image: the build, then the time from `run` to its first answer. */
export const flask = {
    folder: "/tmp/bench-flask",
    buildClassic: "DOCKER_BUILDKIT=0 docker build -q -t bench-flask /tmp/bench-flask",
    /** As in the lesson, with the progress drawn in the terminal. */
    build: "docker build -t docker-flask:1.0 /tmp/bench-flask",
    buildKit: "docker build -q --no-cache -t bench-flask-buildkit /tmp/bench-flask",
    answer: "docker run -d --name bench-flask -p 5000:5000 bench-flask >/dev/null && until curl -sf -o /dev/null http://127.0.0.1:5000/; do sleep 0.2; done",
    stop: "docker rm -f bench-flask",
};
