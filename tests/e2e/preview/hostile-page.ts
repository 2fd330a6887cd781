/**
 * A page that tries to leave the machine in every way its author could think of. Each way requests a different path
 * from the listener at `at`, so that the listener's list shows which of them got out.
 */

export interface Targets {
    /** Origin of an HTTP listener on the student's own computer. */
    at: string;
    /** Port of a listener that notes connections, whatever is sent over them. */
    turn: number;
}

/** Runs in the page; each resolves when the browser has decided. Plain script, since it is embedded in HTML. */
const ways: Record<string, string> = {
    frame: `loaded(add("iframe", { src: at + "/frame" }))`,
    "frame in a srcdoc frame": `loaded(add("iframe", { srcdoc: '<iframe src="' + at + '/frame-in-srcdoc"></iframe>' }))`,
    "image in a sandboxed frame": `loaded(sandboxed('<img src="' + at + '/image-in-sandbox">'))`,
    "fetch in a sandboxed frame": `told(sandboxed(script('fetch("' + at + '/fetch-in-sandbox", { mode: "no-cors" }).then(() => "sent", () => "refused").then(say)')))`,
    "form in a sandboxed frame": `told(sandboxed('<form method="post" target="inner" action="' + at + '/form-in-sandbox"></form><iframe name="inner" hidden></iframe>' + script('document.forms[0].submit(); frames[0].onload = () => 0; document.querySelector("iframe").onload = () => say("over")')))`,
    "page that a data: frame goes to": `loaded(add("iframe", { src: "data:text/html," + encodeURIComponent('<meta http-equiv="refresh" content="0;url=' + at + '/from-data-frame">') }), 2)`,
    "image in a data: frame": `loaded(add("iframe", { src: "data:text/html," + encodeURIComponent('<img src="' + at + '/image-in-data">') }))`,
    "image in a blob: frame": `loaded(add("iframe", { src: blob('<img src="' + at + '/image-in-blob">', "text/html") }))`,
    "refresh in a frame": `loaded(add("iframe", { srcdoc: '<meta http-equiv="refresh" content="0;url=' + at + '/refresh-in-frame">' }), 2)`,
    "form into a frame": `{ const frame = add("iframe", { name: "into" }); const over = loaded(frame); add("form", { method: "post", action: at + "/form", target: "into" }).submit(); await over }`,
    image: `loaded(add("img", { src: at + "/image" }))`,
    "image of an SVG": `{ const svg = document.createElementNS("http://www.w3.org/2000/svg", "image"); const over = loaded(svg); svg.setAttribute("href", at + "/svg-image"); add("svg", {}, "http://www.w3.org/2000/svg").append(svg); await over }`,
    "style sheet": `loaded(add("link", { rel: "stylesheet", href: at + "/style" }))`,
    script: `loaded(add("script", { src: at + "/script" }))`,
    prefetch: `loaded(add("link", { rel: "prefetch", href: at + "/prefetch" }))`,
    preload: `loaded(add("link", { rel: "preload", as: "image", href: at + "/preload" }))`,
    font: `new FontFace("x", "url(" + at + "/font)").load().catch(() => 0)`,
    video: `loaded(add("video", { src: at + "/video" }))`,
    object: `loaded(add("object", { data: at + "/object" }))`,
    fetch: `fetch(at + "/fetch", { mode: "no-cors", credentials: "include" }).catch(() => 0)`,
    "redirect by the guest": `fetch("/hostile/redirect?to=" + encodeURIComponent(at + "/redirect"), { mode: "no-cors" }).catch(() => 0)`,
    XMLHttpRequest: `{ const request = new XMLHttpRequest(); const over = new Promise(resolve => request.onloadend = resolve); request.open("GET", at + "/xhr"); request.send(); await over }`,
    beacon: `navigator.sendBeacon(at + "/beacon", "x")`,
    EventSource: `{ const source = new EventSource(at + "/events"); await new Promise(resolve => source.onerror = source.onopen = resolve); source.close() }`,
    WebSocket: `{ const socket = new WebSocket(at.replace("http", "ws") + "/socket"); await new Promise(resolve => socket.onerror = socket.onopen = resolve) }`,
    "fetch in a worker": `told(new Worker(blob('fetch("' + at + '/worker-fetch", { mode: "no-cors" }).then(() => "sent", () => "refused").then(postMessage)', "text/javascript")))`,
    "script of a worker": `told(new Worker(blob('try { importScripts("' + at + '/worker-import"); postMessage("sent") } catch { postMessage("refused") }', "text/javascript")))`,
    ping: `add("a", { href: "#", ping: at + "/ping" }).click()`,
    "new window": `open(at + "/window")`,
    "link to a new window": `add("a", { href: at + "/blank", target: "_blank", rel: "opener" }).click()`,
    WebRTC: `{ const peer = new RTCPeerConnection({ iceServers: [{ urls: "turn:127.0.0.1:" + turn + "?transport=tcp", username: "x", credential: "x" }] }); peer.createDataChannel("x"); const over = new Promise(resolve => peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve()); await peer.setLocalDescription(await peer.createOffer()); await over }`,
};

/** Paths that the page requests from the listener if nothing holds it back (the control in the test proves that). */
export const paths = [
    ...Object.values(ways)
        .join("\n")
        .matchAll(/at(?:\.replace\("http", "ws"\))? \+ ["']\/([\w-]+)|' \+ at \+ '\/([\w-]+)|" \+ at \+ "\/([\w-]+)/g),
]
    .map(match => `/${match[1] ?? match[2] ?? match[3]}`)
    .sort();

const escaped = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

export function hostilePage(targets: Targets): string {
    const tries = Object.entries(ways).map(
        ([name, code]) =>
            `attempt(${escaped(name)}, async () => { ${code.startsWith("{") ? code.slice(1, -1) : `await ${code}`} });`,
    );
    return `<!doctype html><title>Hostile</title><ol id="out"></ol><script>
const { at, turn } = ${escaped(targets)};
const add = (tag, fields, space = "http://www.w3.org/1999/xhtml") => { const element = Object.assign(document.createElementNS(space, tag), fields); document.body.append(element); return element };
const loaded = (element, times = 1) => new Promise(resolve => { element.onload = () => --times <= 0 && resolve(); element.onerror = resolve });
const blob = (text, type) => URL.createObjectURL(new Blob([text], { type }));
const script = code => "<script>const say = what => parent.postMessage(what, '*');" + code + "<\\/script>";
const sandboxed = html => { const frame = document.createElement("iframe"); frame.setAttribute("sandbox", "allow-scripts allow-forms"); frame.srcdoc = html; document.body.append(frame); return frame };
const told = sender => new Promise(resolve => sender instanceof Worker ? sender.onmessage = resolve : addEventListener("message", event => event.source === sender.contentWindow && resolve()));
const out = line => document.getElementById("out").append(Object.assign(document.createElement("li"), { textContent: line }));
const tried = [];
// Some browsers tell the page nothing of a refusal.
const decided = () => new Promise(resolve => setTimeout(resolve, 3000));
const attempt = (name, act) => tried.push(Promise.race([act(), decided()]).then(() => out(name), problem => out(name + ": " + problem)));
addEventListener("load", async () => {
${tries.join("\n").replaceAll("</script", "<\\/script")}
await Promise.all(tried);
document.title = "Tried";
});
</script>`;
}

/** Ways that navigate away from the page itself, each on a page of its own. The key is the listener's path. */
export const leavings: Record<string, (at: string) => string> = {
    location: at => `<script>location.href = "${at}/location"</script>`,
    refresh: at => `<meta http-equiv="refresh" content="0;url=${at}/refresh">`,
    link: at => `<a href="${at}/link">x</a><script>document.links[0].click()</script>`,
    download: at => `<a href="${at}/download" download="x">x</a><script>document.links[0].click()</script>`,
    form: at => `<form method="post" action="${at}/form-here"></form><script>document.forms[0].submit()</script>`,
    top: at => `<a href="${at}/top" target="_top">x</a><script>document.links[0].click()</script>`,
    "form-top": at =>
        `<form method="post" action="${at}/form-top" target="_top"></form><script>document.forms[0].submit()</script>`,
    "top-location": at => `<script>top.location = "${at}/top-location"</script>`,
    "bridge-location": at =>
        `<script>for (let index = 0; index < parent.length; index++) try { parent[index].eval('location.href = "${at}/bridge-location"') } catch {}</script>`,
};
