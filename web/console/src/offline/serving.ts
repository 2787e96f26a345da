// The page without a network: its worker is there for who keeps their work here, and for nobody else.

import { OFFLINE_WORKER, program } from "../programs";

const SCOPE = "/console/";
/** What the worker calls its caches; others belong to the companion. */
const OURS = "console-";

export async function serveOffline(): Promise<void> {
    if (!("serviceWorker" in navigator)) return;
    // Without it everything works that works with a network.
    await navigator.serviceWorker.register(program(OFFLINE_WORKER), { scope: SCOPE, type: "module" }).catch(() => {});
}

export async function stopServingOffline(): Promise<void> {
    if (!("serviceWorker" in navigator)) return;
    const found = await navigator.serviceWorker.getRegistration(SCOPE);
    if (found && new URL(found.scope).pathname === SCOPE) await found.unregister();
    for (const name of await caches.keys()) if (name.startsWith(OURS)) await caches.delete(name);
}
