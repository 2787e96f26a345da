// Signed statements: ES256 over tag ‖ SHA-256(body), by WebCrypto.
import { concat, id, read, shape } from "./cbor.mjs";

const { subtle } = globalThis.crypto;

export const sha256 = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));

export async function message(tag, body) {
  return concat(new TextEncoder().encode(`refrain/${tag}/v1`), await sha256(body));
}

export async function open(tag, bytes, publicKey) {
  const { body, sig } = shape(read(bytes), ["body", "sig"]);
  const key = await subtle.importKey("raw", publicKey, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  if (sig.length !== 64 || !(await subtle.verify(algorithm, key, sig, await message(tag, body)))) {
    throw new Error("not validly signed");
  }
  const map = read(body);
  if (map.v !== 1) throw new Error("another version");
  return { map, body };
}

export async function openDenial(bytes, authority, device) {
  const keys = ["v", "id", "dev", "rel?", "upto_gen", "kind", "at", "issued_at", "incarnation"];
  const map = shape((await open("denial", bytes, authority)).map, keys);
  if (!["ended", "paused", "unpaired"].includes(map.kind)) throw new Error("another kind");
  if (id("dev", map.dev) !== device) throw new Error("for another device");
  return {
    id: id("den", map.id),
    dev: id("dev", map.dev),
    rel: map.rel ? id("rel", map.rel) : null,
    upto_gen: String(map.upto_gen),
    kind: map.kind,
    at: map.at,
    issued_at: map.issued_at,
    incarnation: id("inc", map.incarnation),
  };
}

export async function openReceipt(bytes, key) {
  const keys = ["v", "id", "n", "kind", "dev", "rel", "clip", "gen", "cause", "at", "incarnation"];
  const { map, body } = await open("receipt", bytes, key);
  shape(map, keys);
  return {
    to_sign: Buffer.from(await message("receipt", body)).toString("base64url"),
    id: id("rcpt", map.id),
    n: map.n,
    kind: map.kind,
    dev: id("dev", map.dev),
    rel: id("rel", map.rel),
    clip: id("clip", map.clip),
    gen: map.gen,
    cause: map.cause,
    at: map.at,
    incarnation: id("inc", map.incarnation),
  };
}
