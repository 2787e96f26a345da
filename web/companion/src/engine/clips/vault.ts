// The key store: what needs a private key is done here, by WebCrypto, with keys that cannot be taken out.
//
// A clip's key passes through memory once, from the opened batch into WebCrypto, and its bytes are erased at once.

import { type Clip, type ToOpen, type Unsealed, unseal, type Words } from "#bridge";
import { type Bytes, random } from "../../../../ui/bytes";
import type { Box, Database, KeptClip, Parting } from "../store";
import { Receiver } from "./hpke";

const subtle = crypto.subtle;
const encode = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export async function makeKeys(): Promise<{ exchange: CryptoKeyPair; signing: CryptoKeyPair }> {
    const exchange = await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
    const signing = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    return { exchange, signing };
}

export async function publicBytes(pair: CryptoKeyPair): Promise<Bytes> {
    return new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
}

export async function sign(pair: CryptoKeyPair, message: Uint8Array): Promise<Bytes> {
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    return new Uint8Array(await subtle.sign(algorithm, pair.privateKey, message as Bytes));
}

/** Opens a batch's items in their order and keeps what is wanted: all of it, or nothing. */
export async function openBatch(
    db: Database,
    exchange: CryptoKeyPair,
    enc: Uint8Array,
    info: Uint8Array,
    items: ToOpen[],
): Promise<{ releases: string[]; unsealed: Unsealed[] }> {
    const receiver = await Receiver.set(exchange, enc, info);
    const releases: string[] = [];
    const unsealed: Unsealed[] = [];
    for (const item of items) {
        // One that is not wanted is opened all the same: the sequence counts.
        const plain = await receiver.open(item.ciphertext, item.aad);
        if (item.wanted) {
            releases.push(item.release);
            unsealed.push(unseal(plain));
        }
        plain.fill(0);
    }
    const kept = await Promise.all(unsealed.map((one, i) => keep(db, releases[i]!, one)));
    const tx = await db.transaction(["clips", "partings"], "readwrite", { durability: "strict" });
    releases.forEach((release, i) => {
        const { clip, parting } = kept[i]!;
        void tx
            .objectStore("clips")
            .put(clip, release)
            .catch(() => {});
        void tx
            .objectStore("partings")
            .put(parting, release)
            .catch(() => {});
    });
    await tx.done;
    return { releases, unsealed };
}

async function keep(db: Database, release: string, unsealed: Unsealed) {
    const material = unsealed.key() as Bytes;
    const key = await subtle.importKey("raw", material, "HKDF", false, ["deriveKey", "deriveBits"]);
    material.fill(0);
    const words = await seal(await wordsKey(key), JSON.stringify(unsealed.words()));
    // The parting note outlives the clip's key, so it is sealed under one of its own.
    const own = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
    const parting: Parting = { key: own, note: await seal(own, unsealed.parting_note()) };
    const clip: KeptClip = { key, words };
    return {
        clip: await db.seal("clips", release, clip),
        parting: await db.seal("partings", release, parting),
    };
}

export async function keptClip(db: Database, release: string): Promise<KeptClip | undefined> {
    return db.open("clips", release, await db.get("clips", release));
}

export async function readWords(clip: KeptClip): Promise<Words> {
    return JSON.parse(await open(await wordsKey(clip.key), clip.words)) as Words;
}

export async function readParting(db: Database, release: string): Promise<string | undefined> {
    const parting = await db.open<Parting | undefined>("partings", release, await db.get("partings", release));
    return parting && open(parting.key, parting.note);
}

function wordsKey(key: CryptoKey): Promise<CryptoKey> {
    const from = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encode("refrain/words/v1") };
    return subtle.deriveKey(from, key, { name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
}

async function seal(key: CryptoKey, text: string): Promise<Box> {
    const iv = random(12);
    return { iv, bytes: await subtle.encrypt({ name: "AES-GCM", iv }, key, encode(text)) };
}

async function open(key: CryptoKey, box: Box): Promise<string> {
    return new TextDecoder().decode(await subtle.decrypt({ name: "AES-GCM", iv: box.iv }, key, box.bytes));
}

/** Decrypts the records of one clip (RFC 8188, `aes128gcm`), one at a time. */
export class RecordKey {
    readonly #key: CryptoKey;
    readonly #nonce: Uint8Array;
    readonly #clip: Clip;

    private constructor(key: CryptoKey, nonce: Uint8Array, clip: Clip) {
        this.#key = key;
        this.#nonce = nonce;
        this.#clip = clip;
    }

    static async derive(key: CryptoKey, header: Uint8Array, clip: Clip): Promise<RecordKey> {
        const salt = clip.salt(header) as Bytes;
        const from = (info: string) => ({ name: "HKDF", hash: "SHA-256", salt, info: encode(info) });
        const content = await subtle.deriveKey(
            from("Content-Encoding: aes128gcm\0"),
            key,
            { name: "AES-GCM", length: 128 },
            false,
            ["decrypt"],
        );
        const nonce = new Uint8Array(await subtle.deriveBits(from("Content-Encoding: nonce\0"), key, 96));
        return new RecordKey(content, nonce, clip);
    }

    /** The content of a record, which must be exactly the one at `index`. */
    async open(index: number, record: ArrayBuffer): Promise<Bytes> {
        const iv = Uint8Array.from(this.#nonce);
        const view = new DataView(iv.buffer);
        view.setUint32(8, (view.getUint32(8) ^ index) >>> 0);
        const opened = new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, this.#key, record));
        return opened.subarray(0, this.#clip.judge(index, opened));
    }
}
