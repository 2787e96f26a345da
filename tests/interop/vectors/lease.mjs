// Batches: opened with a key pair that WebCrypto holds and does not give out.
import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { b64, concat, id, read, same, shape } from "./cbor.mjs";
import { kidOf } from "./rotations.mjs";
import { open, sha256 } from "./statements.mjs";

const { subtle } = globalThis.crypto;
const HEADER = ["rel", "clip", "dev", "gen", "not_before?", "valid_until", "ends_at", "offline_for", "daily_limit?", "days", "quiet", "budget_ms"];
const SEALED = ["key", "plain_len", "cipher_len", "record_size", "sha256", "media_type", "duration_ms", "title", "note?", "marks", "parting_note"];
const BATCH = ["v", "batch_id", "incarnation", "practice", "dev", "key_hash", "issued_at", "nonce", "kid", "enc", "items", "denials"];

/** The device's exchange keys, the private one not extractable. */
export async function exchangeKeys({ private: secret, public: point }) {
  const publicBytes = b64(point);
  const url = (bytes) => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", d: secret, x: url(publicBytes.slice(1, 33)), y: url(publicBytes.slice(33)) };
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const privateKey = await subtle.importKey("jwk", jwk, curve, false, ["deriveBits"]);
  const publicKey = await subtle.importKey("raw", publicBytes, curve, true, []);
  const exported = await subtle.exportKey("pkcs8", privateKey).then(() => true, () => false);
  if (exported) throw new Error("the private key can be extracted");
  return { privateKey, publicKey, publicBytes };
}

/** Reads a batch that is for this device and answers its question; items stay closed. */
export async function readBatch(bytes, { authority, practice, device, keys, nonce }) {
  const { map } = await open("batch", bytes, authority);
  shape(map, BATCH);
  if (map.kid !== (await kidOf(authority))) throw new Error("names another key than its own");
  const forMe = id("prac", map.practice) === practice && id("dev", map.dev) === device;
  if (!forMe || !same(map.key_hash, await sha256(keys.publicBytes))) throw new Error("for another device");
  if (!same(map.nonce, nonce)) throw new Error("answers another question");
  if (map.items.length > 64) throw new Error("too many leases");
  const items = map.items.map(([headerBytes, ciphertext]) => {
    const header = shape(read(headerBytes), HEADER);
    if (id("dev", header.dev) !== device) throw new Error("a lease for another device");
    return { headerBytes, header, ciphertext };
  });
  const releases = new Set(items.map(({ header }) => id("rel", header.rel)));
  if (releases.size !== items.length) throw new Error("two leases of one release");
  return { ...map, items };
}

/** Opens the items in their order; null for one that does not open. */
export async function openItems(batch, { keys, nonce }) {
  if (batch.items.length === 0) return [];
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const issuedAt = new DataView(new ArrayBuffer(8));
  issuedAt.setBigInt64(0, BigInt(batch.issued_at));
  const label = new TextEncoder().encode("refrain/lease/v1");
  const stamp = new Uint8Array(issuedAt.buffer);
  const info = concat(label, batch.practice, batch.dev, keys.publicBytes, batch.batch_id, batch.incarnation, stamp);
  const recipientKey = { privateKey: keys.privateKey, publicKey: keys.publicKey };
  const context = await suite.createRecipientContext({ recipientKey, enc: batch.enc, info });
  const question = await sha256(nonce);
  const opened = [];
  for (const [i, { headerBytes, ciphertext }] of batch.items.entries()) {
    const place = new Uint8Array([0, 0, 0, i]);
    const aad = concat(place, question, headerBytes);
    const plain = await context.open(ciphertext, aad).catch(() => null);
    opened.push(plain && shape(read(new Uint8Array(plain)), SEALED));
  }
  return opened;
}

export const spelledHeader = (header) => ({
  ...header,
  rel: id("rel", header.rel),
  clip: id("clip", header.clip),
  dev: id("dev", header.dev),
  not_before: header.not_before ?? null,
  daily_limit: header.daily_limit ?? null,
});

export const spelledWords = (sealed) => ({
  ...sealed,
  key: Buffer.from(sealed.key).toString("base64url"),
  sha256: Buffer.from(sealed.sha256).toString("base64url"),
  note: sealed.note ?? null,
});
