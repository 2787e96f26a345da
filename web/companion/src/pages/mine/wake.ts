// Asking to be woken: by a tap, and by nothing else.

import { fromBase64 } from "../../../../ui/bytes";
import { Api } from "../../engine/api";
import { isTold, tell } from "../../engine/server/waking";
import type { Database, Identity } from "../../engine/store";
import { subscribed } from "../../push";

/** Whether the server knows where to wake this phone: a subscription of which it was not told wakes nobody. */
export async function isWoken(db: Database, identity: Identity): Promise<boolean> {
    const subscription = await subscribed();
    return subscription !== null && isTold(db, identity, subscription);
}

/** Asks the phone, and tells the server where to wake it; gives whether both said yes. */
export async function wakeMe(db: Database, identity: Identity, incarnation: string | undefined): Promise<boolean> {
    if (!("Notification" in window) || (await Notification.requestPermission()) !== "granted") return false;
    try {
        const { key } = await new Api(identity).json<{ key: string }>("GET", "/v1/push-key");
        const worker = await navigator.serviceWorker.ready;
        const subscription = await worker.pushManager.subscribe({
            userVisibleOnly: true,
            applicationServerKey: fromBase64(key),
        });
        await tell(db, identity, subscription, incarnation);
        return true;
    } catch {
        return false;
    }
}
