// How a value is sealed: AES-256-GCM (NIST SP 800-38D) under this phone's own key, which WebCrypto does not give out. A value
// is bound to its place, so that a row that was put elsewhere does not open.
//
// A wait for WebCrypto ends a transaction of IndexedDB. So values are sealed before their transaction, and opened after it.

import { type Bytes, random } from "../../../ui/bytes";

/** A value as it is kept. WebCrypto's keys lie beside it, because nobody can write them down. */
export interface Sealed {
    iv: Bytes;
    sealed: Bytes;
    keys: CryptoKey[];
}

/** What this phone keeps cannot be opened: its key has gone, or somebody has changed it. */
export class Broken extends Error {}

export function makeKey(): Promise<CryptoKey> {
    return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

export function isSealed(row: unknown): row is Sealed {
    return typeof row === "object" && row !== null && "sealed" in row;
}

export async function seal(key: CryptoKey, place: string, value: unknown): Promise<Sealed> {
    const { plain, keys } = pack(value);
    const iv = random(12);
    return { iv, sealed: new Uint8Array(await crypto.subtle.encrypt(bound(iv, place), key, plain)), keys };
}

/** Opens what was sealed for this very place; throws `Broken`. */
export async function unseal<T>(key: CryptoKey, place: string, { iv, sealed, keys }: Sealed): Promise<T> {
    try {
        return unpack(new Uint8Array(await crypto.subtle.decrypt(bound(iv, place), key, sealed)), keys) as T;
    } catch {
        throw new Broken();
    }
}

function bound(iv: Bytes, place: string): AesGcmParams {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) };
}

/** JSON behind its length, then the bytes that it names; keys are named by their number. */
function pack(value: unknown): { plain: Bytes; keys: CryptoKey[] } {
    const keys: CryptoKey[] = [];
    const parts: Uint8Array[] = [];
    let end = 0;
    const json = JSON.stringify(value ?? null, (_, part: unknown) => {
        if (part instanceof CryptoKey) return { $key: keys.push(part) - 1 };
        const bytes = part instanceof ArrayBuffer ? new Uint8Array(part) : part;
        if (!(bytes instanceof Uint8Array)) return part;
        parts.push(bytes);
        end += bytes.length;
        return { $bytes: [end - bytes.length, end] };
    });
    const words = new TextEncoder().encode(json);
    const plain = new Uint8Array(4 + words.length + end);
    new DataView(plain.buffer).setUint32(0, words.length);
    let at = 4;
    for (const part of [words, ...parts]) {
        plain.set(part, at);
        at += part.length;
    }
    return { plain, keys };
}

function unpack(plain: Bytes, keys: CryptoKey[]): unknown {
    const end = 4 + new DataView(plain.buffer).getUint32(0);
    const json = new TextDecoder().decode(plain.subarray(4, end));
    return JSON.parse(json, (_, part: { $key?: number; $bytes?: [number, number] } | null) => {
        if (part?.$bytes) return plain.slice(end + part.$bytes[0], end + part.$bytes[1]);
        return part?.$key === undefined ? part : keys[part.$key];
    });
}
