// The console's service worker: the page itself without a network. It keeps the files of one version, and no answer of the
// server's; what a therapist keeps is kept by the page, encrypted.

import { dropOldShells, fillShell, fromShell, isOfShell, keptFile } from "../../ui/shell";

declare const self: ServiceWorkerGlobalScope & typeof globalThis;

self.addEventListener("install", (event) => {
    event.waitUntil(fillShell().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
    event.waitUntil(dropOldShells("console").then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (url.origin !== self.location.origin || event.request.method !== "GET" || !url.pathname.startsWith("/console/"))
        return;
    if (event.request.mode === "navigate") return event.respondWith(page(event));
    if (isOfShell(url.pathname)) event.respondWith(fromShell(url.pathname, event.request));
});

/** The newest page where somebody answers, for a desk has time for that; the kept one where nobody does. */
async function page(event: FetchEvent): Promise<Response> {
    try {
        const answer = await fetch(event.request, { cache: "no-cache" });
        if (!answer.ok) return (await keptFile("/console/")) ?? answer;
        // What another app of this origin has cleared away is fetched again while there is a network.
        event.waitUntil(
            keptFile("/console/")
                .then((found) => (found ? undefined : fillShell()))
                .catch(() => {}),
        );
        return answer;
    } catch {
        return (await keptFile("/console/")) ?? Response.error();
    }
}
