// Wake-ups: asked for by a tap, and never by the app of itself.

import { fromBase64 } from "./engine/bytes";
import { Api } from "./engine/api";
import { driving } from "./state";

export async function isWoken(): Promise<boolean> {
    const worker = await navigator.serviceWorker?.getRegistration();
    return Boolean(await worker?.pushManager?.getSubscription().catch(() => null));
}

/** Asks the phone, and tells the server where to wake it; gives whether both said yes. */
export async function wakeMe(): Promise<boolean> {
    const token = driving()?.identity.token;
    if (!token || !("Notification" in window) || (await Notification.requestPermission()) !== "granted") return false;
    try {
        const api = new Api(token);
        const { key } = await api.json<{ key: string }>("GET", "/v1/push-key");
        const worker = await navigator.serviceWorker.ready;
        const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(key) });
        const { endpoint, keys } = subscription.toJSON();
        await api.json("PUT", "/v1/device/push-subscription", { endpoint, keys });
        return true;
    } catch {
        return false;
    }
}
