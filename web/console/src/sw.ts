// The console's service worker: the page itself without a network. It keeps the files of one version, and no answer of the
// server's; what a therapist keeps is kept by the page, encrypted.

export {};

declare const self: ServiceWorkerGlobalScope & typeof globalThis;
/** The files of this version, as the build has named them; the shell's name changes with each of them. */
declare const SHELL: { name: string; files: string[] };

self.addEventListener("install", (event) => {
    event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
    event.waitUntil(
        (async () => {
            // The companion has caches of its own on the same origin.
            for (const name of await caches.keys())
                if (name.startsWith("console-") && name !== SHELL.name) await caches.delete(name);
            await self.clients.claim();
        })(),
    );
});

self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (url.origin !== self.location.origin || event.request.method !== "GET" || !url.pathname.startsWith("/console/"))
        return;
    if (event.request.mode === "navigate") return event.respondWith(page(event));
    if (SHELL.files.includes(url.pathname)) event.respondWith(fromShell(url.pathname, event.request));
});

/** The newest page where somebody answers, for a desk has time for that; the kept one where nobody does. */
async function page(event: FetchEvent): Promise<Response> {
    try {
        const answer = await fetch(event.request, { cache: "no-cache" });
        if (!answer.ok) return (await kept("/console/")) ?? answer;
        // What another app of this origin has cleared away is fetched again while there is a network.
        event.waitUntil(
            kept("/console/")
                .then((found) => (found ? undefined : fill()))
                .catch(() => {}),
        );
        return answer;
    } catch {
        return (await kept("/console/")) ?? Response.error();
    }
}

async function fromShell(file: string, request: Request): Promise<Response> {
    return (await kept(file)) ?? fetch(request);
}

/** Asks without making anything: a worker that was given up is alive until its page has gone. */
function kept(file: string): Promise<Response | undefined> {
    return caches.match(file, { cacheName: SHELL.name });
}

async function fill(): Promise<void> {
    const fresh = SHELL.files.map((file) => new Request(file, { cache: "reload" }));
    await (await caches.open(SHELL.name)).addAll(fresh);
}
