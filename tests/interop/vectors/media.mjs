// Clips: whole by http_ece, and record by record as a player does.
import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import ece from "http_ece";

export const openWhole = (sealed, key) => ece.decrypt(Buffer.from(sealed), { version: "aes128gcm", key: Buffer.from(key) });
export const digest = (bytes) => createHash("sha256").update(bytes).digest("base64url");

/** Opens every record by its index, as the lease's lengths say; throws at the first that is not what it should be. */
export function openRecords(sealed, key, plainLen, recordSize) {
  const each = recordSize - 17;
  const count = Math.max(1, Math.ceil(plainLen / each));
  if (sealed.length !== 21 + plainLen + count * 17) throw new Error("another length");
  if (Buffer.from(sealed).readUInt32BE(16) !== recordSize || sealed[20] !== 0) throw new Error("another header");
  const salt = sealed.slice(0, 16);
  const derive = (label, length) => Buffer.from(hkdfSync("sha256", key, salt, `Content-Encoding: ${label}\0`, length));
  const contentKey = derive("aes128gcm", 16);
  const base = derive("nonce", 12);
  const plain = [];
  // Backwards: no record needs the one before it.
  for (let i = count - 1; i >= 0; i -= 1) {
    const record = Buffer.from(sealed.slice(21 + i * recordSize, Math.min(21 + (i + 1) * recordSize, sealed.length)));
    const nonce = Buffer.from(base);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ i) >>> 0, 8);
    const cipher = createDecipheriv("aes-128-gcm", contentKey, nonce);
    cipher.setAuthTag(record.subarray(record.length - 16));
    const opened = Buffer.concat([cipher.update(record.subarray(0, record.length - 16)), cipher.final()]);
    if (opened[opened.length - 1] !== (i === count - 1 ? 2 : 1)) throw new Error("another delimiter");
    plain.unshift(opened.subarray(0, opened.length - 1));
  }
  return Buffer.concat(plain);
}
