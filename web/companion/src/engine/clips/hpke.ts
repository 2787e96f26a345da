// Opens what is sealed by HPKE (RFC 9180): base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
//
// This one suite, receiving only, is a page of WebCrypto calls; the library that has all of them is a third of this app.

import type { Bytes } from "../../../../ui/bytes";

const subtle = crypto.subtle;
const text = (word: string): Uint8Array => new TextEncoder().encode(word);
const KEM = join(text("KEM"), [0x00, 0x10]);
const SUITE = join(text("HPKE"), [0x00, 0x10, 0x00, 0x01, 0x00, 0x01]);
const NONE = new Uint8Array(0);
const HASH_LEN = 32;

/** A receiver's context (section 5.1.1): opens messages in the order in which they were sealed. */
export class Receiver {
    readonly #key: CryptoKey;
    readonly #nonce: Bytes;
    #sequence = 0;

    private constructor(key: CryptoKey, nonce: Bytes) {
        this.#key = key;
        this.#nonce = nonce;
    }

    static async set(pair: CryptoKeyPair, enc: Uint8Array, info: Uint8Array): Promise<Receiver> {
        const shared = await decapsulate(pair, enc);
        const context = join(
            [0x00],
            await extract(SUITE, NONE, "psk_id_hash", NONE),
            await extract(SUITE, NONE, "info_hash", info),
        );
        const secret = await extract(SUITE, shared, "secret", NONE);
        const key = await subtle.importKey("raw", await expand(SUITE, secret, "key", context, 16), "AES-GCM", false, [
            "decrypt",
        ]);
        return new Receiver(key, await expand(SUITE, secret, "base_nonce", context, 12));
    }

    /** Throws when the message, its associated data or its place in the order is another one. */
    async open(ciphertext: Uint8Array, aad: Uint8Array): Promise<Bytes> {
        const iv = Uint8Array.from(this.#nonce);
        const view = new DataView(iv.buffer);
        view.setUint32(8, (view.getUint32(8) ^ this.#sequence) >>> 0);
        const algorithm = { name: "AES-GCM", iv, additionalData: aad as Bytes };
        const plain = await subtle.decrypt(algorithm, this.#key, ciphertext as Bytes);
        this.#sequence += 1;
        return new Uint8Array(plain);
    }
}

/** Section 4.1. */
async function decapsulate(pair: CryptoKeyPair, enc: Uint8Array): Promise<Bytes> {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const theirs = await subtle.importKey("raw", enc as Bytes, curve, false, []);
    const agreed = new Uint8Array(await subtle.deriveBits({ name: "ECDH", public: theirs }, pair.privateKey, 256));
    const mine = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
    const prk = await extract(KEM, NONE, "eae_prk", agreed);
    return expand(KEM, prk, "shared_secret", join(enc, mine), HASH_LEN);
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Promise<Bytes> {
    // No salt is a salt of zeros (RFC 5869 section 2.2), and WebCrypto takes no empty key.
    const key = salt.length > 0 ? salt : new Uint8Array(HASH_LEN);
    return hmac(key, join(text("HPKE-v1"), suite, text(label), input));
}

async function expand(
    suite: Uint8Array,
    prk: Uint8Array,
    label: string,
    info: Uint8Array,
    length: number,
): Promise<Bytes> {
    const labelled = join([length >> 8, length & 0xff], text("HPKE-v1"), suite, text(label), info);
    // Never longer than one hash here, so the first block of RFC 5869 section 2.3 is all of it.
    return (await hmac(prk, join(labelled, [0x01]))).slice(0, length);
}

async function hmac(key: Uint8Array, message: Uint8Array): Promise<Bytes> {
    const imported = await subtle.importKey("raw", key as Bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await subtle.sign("HMAC", imported, message as Bytes));
}

function join(...parts: ArrayLike<number>[]): Bytes {
    const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
        joined.set(part, at);
        at += part.length;
    }
    return joined;
}
