// The four digits of this phone: made here, of its own keys, and told by no server. Its person reads them aloud.

import { digits } from "#bridge";
import { publicBytes } from "./clips/vault";
import { type Database, type Identity, readValue } from "./store";
import { startBridge } from "./wasm";

/** None before it is paired. */
export async function digitsOf(db: Database): Promise<string> {
    const identity = await readValue<Identity>(db, "identity");
    if (!identity) return "";
    await startBridge();
    const number = digits(identity.device, identity.exchangeKey, await publicBytes(identity.signing));
    return String(number).padStart(4, "0");
}
