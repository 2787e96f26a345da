// Wake-ups: asked for by a tap, and never by the app of itself. What was asked for is told the server again where it may not
// know it: after a new subscription, a new pairing, a server that was restored.

import { isTold, tell } from "./engine/server/waking";
import type { Database, Identity } from "./engine/store";

export async function subscribed(): Promise<PushSubscription | null> {
    const worker = await navigator.serviceWorker?.getRegistration();
    return (await worker?.pushManager?.getSubscription().catch(() => null)) ?? null;
}

/** Tells the server of a subscription that is there already, where that was not done before. */
export async function tellWaking(db: Database, identity: Identity, incarnation: string | undefined): Promise<void> {
    const subscription = await subscribed();
    if (!subscription || !incarnation || (await isTold(db, identity, subscription, incarnation))) return;
    await tell(db, identity, subscription, incarnation);
}

/** Nobody wakes this phone any more. */
export async function stopWaking(): Promise<void> {
    await (await subscribed())?.unsubscribe();
}
