/**
 * The page's first script, kept small: the machine takes longest, so its thread and download start before the interface
 * is even loaded. The address says which lesson is opened, and so which machine it needs, without a look at the course.
 */
import start from "virtual:drydock-course";
import { lessonPath, type MachineNeeds } from "../lesson/lesson-address";
import { createBrowserMachine } from "../vm/browser-machine";
import { parseAddress } from "./address";
import { startMachine } from "./starting";
import { lessonMayBeFree } from "./tab";

/** The site's image. */
const base = new URL("/vm/", location.href).href;
/** A lesson with a snapshot of its own would name it in its needs. */
const createMachine = ({ memory }: MachineNeeds) => createBrowserMachine({ image: { base }, leastMemory: memory });
const fetchFile = (path: string) => fetch(new URL(`/${path}`, location.href));

const asked = parseAddress(location.hash);
const lesson = asked?.lesson ?? start.first;
const needs = (lesson !== undefined && start.machines[lesson]) || {};
/** undefined: another tab may hold the lesson, and the machine waits until this tab has it */
const first = lessonMayBeFree(lesson).then(free => (free ? startMachine(createMachine(needs)) : undefined));
const content = lesson === undefined ? undefined : fetchFile(lessonPath(lesson));
content?.catch(() => undefined); // whoever reads it reports the error

void import("./main").then(({ open }) =>
    open({ base, createMachine, first, needs, start, lesson, content, step: asked?.step, fetchFile }),
);
