// Pairing: a code that a person types, and keys that never leave this device.

import { pairing_code } from "#bridge";
import { fromBase64, toBase64 } from "../../../../ui/bytes";
import { Api } from "../api";
import { makeKeys, publicBytes } from "../clips/vault";
import { type Database, forgetEverything, type Identity, readValue, writeValue } from "../store";
import { startBridge } from "../wasm";

interface PairAnswer {
    device: string;
    token: string;
    practice: string;
    authority: { public_key: string; rotations: number };
    contact: { practice: string; crisis: string };
}

/** What was typed, as the server takes it; none when it is no code at all. */
export async function readCode(typed: string): Promise<string | undefined> {
    await startBridge();
    return pairing_code(typed);
}

/** Pairs this device, from an empty store, with new keys. Throws `NoAnswer` with the server's code. */
export async function pair(db: Database, code: string, name: string): Promise<Identity> {
    const { exchange, signing } = await makeKeys();
    const exchangeKey = await publicBytes(exchange);
    const answer = await new Api().json<PairAnswer>("POST", "/v1/pair", {
        code,
        name,
        exchange_key: toBase64(exchangeKey),
        signing_key: toBase64(await publicBytes(signing)),
    });
    const identity: Identity = {
        device: answer.device,
        practice: answer.practice,
        token: answer.token,
        name,
        authority: fromBase64(answer.authority.public_key),
        rotations: answer.authority.rotations,
        exchangeKey,
        exchange,
        signing,
        contact: answer.contact,
    };
    const settings = await readValue(db, "settings");
    await forgetEverything(db);
    await writeValue(db, "settings", settings);
    await writeValue(db, "identity", identity);
    // Asked for when it matters to the person, not at the first visit: a browser may say no to strangers. Not waited for:
    // Firefox asks the person, and says nothing until they have answered.
    void navigator.storage?.persist?.().catch(() => false);
    return identity;
}
