// Where the server wakes this phone, and what it was told of that last.

import { Api } from "../api";
import { type Database, type Identity, readValue, writeValue } from "../store";

/** Which phone it was, where to wake it, and in which of the server's lives it was told. */
interface ToldSubscription {
    endpoint: string;
    device: string;
    incarnation: string | undefined;
}

/** Whether the server was told of this subscription, by this phone; and, where it is said, in this life of its own. */
export async function isTold(
    db: Database,
    { device }: Identity,
    { endpoint }: PushSubscription,
    incarnation?: string,
): Promise<boolean> {
    const told = await readValue<ToldSubscription>(db, "told_push");
    const isSame = told?.endpoint === endpoint && told.device === device;
    return isSame && (incarnation === undefined || told.incarnation === incarnation);
}

export async function tell(
    db: Database,
    identity: Identity,
    subscription: PushSubscription,
    incarnation?: string,
): Promise<void> {
    const { endpoint, keys } = subscription.toJSON();
    await new Api(identity).json("PUT", "/v1/device/push-subscription", { endpoint, keys });
    const told: ToldSubscription = { endpoint: subscription.endpoint, device: identity.device, incarnation };
    await writeValue(db, "told_push", told);
}
