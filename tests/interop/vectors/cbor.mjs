// The one encoding: what is read must be what writing it again gives.
import { decode, encode } from "cborg";

export const b64 = (text) => Uint8Array.from(Buffer.from(text, "base64url"));
export const same = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
export const concat = (...parts) => Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part))));

export function read(bytes) {
  const value = decode(bytes, { strict: true, allowIndefinite: false, rejectDuplicateMapKeys: true });
  if (!same(encode(value), bytes)) throw new Error("not deterministic");
  return value;
}

/** Exactly these keys; a question mark says that one may be missing. */
export function shape(map, keys) {
  for (const key of keys) if (!key.endsWith("?") && !(key in map)) throw new Error(`${key} is missing`);
  const known = new Set(keys.map((key) => key.replace("?", "")));
  for (const key of Object.keys(map)) if (!known.has(key)) throw new Error(`${key} is unknown`);
  return map;
}

/** Sixteen bytes as the JSON files spell an id. */
export const id = (prefix, bytes) => {
  if (bytes.length !== 16) throw new Error("an id has 16 bytes");
  return `${prefix}_${Buffer.from(bytes).toString("hex")}`;
};
