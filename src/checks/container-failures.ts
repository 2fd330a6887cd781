import { failer } from "./outcome";

export const containerFailures = {
    "container.missing": "No container of that image or with that name exists, running or stopped.",
    "container.gone": "It ran, ended and removed itself (`--rm`).",
    "container.other-name": "Containers of the image run, but none has the name.",
    "container.other-image":
        "A container runs from an image whose name is nearly the one wanted, or from another tag of it.",
    "container.wrong-image": "The container with that name was made from another image.",
    "container.old-image": "The container runs from an older build of the image; the name has moved on to a newer one.",
    "container.exited": "It ended, and should run.",
    "container.stopped": "It was stopped or killed from outside, and should run.",
    "container.out-of-memory": "The kernel ended it because it used more memory than its limit.",
    "container.port-taken": "It could not start, because its port of the machine was taken.",
    "container.program-missing":
        "It could not start, because the program of its ENTRYPOINT or CMD is not in the image.",
    "container.not-started": "The engine made it but could not start it, or nobody started it.",
    "container.restarting": "It ends again and again, and its restart policy starts it each time.",
    "container.paused": "It is paused.",
    "container.running": "It runs, and should have ended.",
    "container.wrong-state": "It is in another state.",
    "container.wrong-exit-code": "It ended with another exit code.",
    "container.not-published": "It runs, but publishes no port.",
    "container.published-elsewhere": "It runs and publishes, but on another port of the machine.",
    "container.wrong-inside-port": "The port of the machine leads to another port of the container than the app's.",
    "container.port-held-by-another": "Another container holds that port of the machine.",
    "container.wrong-command": "It was started with another program or other arguments.",
    "container.wrong-env": "An environment variable is missing or different.",
    "container.wrong-mount": "A volume or folder is not mounted where it should be.",
    "container.wrong-network": "It is not joined to a network it should be joined to.",
    "container.wrong-label": "A label is missing or different.",
    "container.wrong-memory": "Its memory limit is another.",
    "container.wrong-restart": "Its restart policy is another.",
    "container.wrong-health": "Its health check says something else.",
    "container.still-there": "Such a container still exists, and should be gone.",
    "container.too-many": "There are more such containers than wanted.",
    "container.too-few": "There are fewer such containers than wanted.",
};

export const fail = failer(containerFailures);
