/** The page's first script, and a small one: the machine takes longest, so its thread and download start before the interface is even loaded. */
import { createBrowserMachine } from "../vm/browser-machine";
import { startMachine } from "./starting";

/** The site's image. */
const base = new URL("/vm/", location.href).href;
const createMachine = () => createBrowserMachine({ image: { base } });
const first = startMachine(createMachine());

void import("./main").then(({ open }) => open({ base, createMachine, first }));
