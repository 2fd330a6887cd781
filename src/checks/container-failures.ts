/** What each code means, for the reference of lessons. The sentence that a student reads is where the check fails. */
import { failer } from "./outcome";

export const containerFailures = {
    "container.missing": "No container with that image or name exists, running or stopped.",
    "container.gone": "It has exited and been removed, by hand or by `--rm`.",
    "container.other-name": "There are containers from the image, but none with the name.",
    "container.other-image":
        "There is a container from an image with a similar name, or from another tag of the image.",
    "container.wrong-image": "The container with that name was created from another image.",
    "container.old-image": "The container was created from an older build of the image.",
    "container.exited": "It has exited, but should be running.",
    "container.stopped": "It was stopped or killed, but should be running.",
    "container.out-of-memory": "The kernel killed it because it used more memory than its limit.",
    "container.port-taken": "It could not start because its port on the machine was already in use.",
    "container.program-missing": "It could not start because the program of its ENTRYPOINT or CMD is not in the image.",
    "container.not-started": "It was created, but nobody started it, or the engine could not start it.",
    "container.restarting": "It keeps exiting, and its restart policy keeps restarting it.",
    "container.paused": "It is paused.",
    "container.running": "It is running, but should have exited.",
    "container.wrong-state": "It is in another state.",
    "container.wrong-exit-code": "It exited with a different code.",
    "container.not-published": "It is running, but publishes no port.",
    "container.published-elsewhere": "It is running, but publishes another port of the machine.",
    "container.wrong-inside-port": "The machine's port leads to the wrong port in the container.",
    "container.port-held-by-another": "Another container publishes that port.",
    "container.wrong-command": "It runs a different program, or with different arguments.",
    "container.wrong-env": "An environment variable is missing or different.",
    "container.wrong-mount": "A volume or folder is not mounted in the right place.",
    "container.wrong-network": "It is not connected to one of the networks.",
    "container.wrong-label": "A label is missing or different.",
    "container.wrong-memory": "Its memory limit is different.",
    "container.wrong-restart": "Its restart policy is different.",
    "container.wrong-health": "Its health check reports a different state.",
    "container.still-there": "A container that should be gone still exists.",
    "container.too-many": "There are too many such containers.",
    "container.too-few": "There are too few such containers.",
};

export const fail = failer(containerFailures);
