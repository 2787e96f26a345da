// Reads every vector in tests/vectors with code that shares nothing with sync-core; exits with 1 if anything differs.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { b64, concat, read, same } from "./cbor.mjs";
import { fold, readEntry } from "./fold.mjs";
import { exchangeKeys, openItems, readBatch, spelledHeader, spelledWords } from "./lease.mjs";
import { digest, openRecords, openWhole } from "./media.mjs";
import { follow } from "./rotations.mjs";
import { openDenial, openReceipt, sha256 } from "./statements.mjs";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), "utf8"));
let checks = 0;
const failures = [];

function check(what, holds) {
  checks += 1;
  if (!holds) failures.push(what);
}

function equal(what, actual, expected) {
  const holds = isDeepStrictEqual(actual, expected);
  check(holds ? what : `${what}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`, holds);
}

async function refused(what, attempt) {
  const taken = await Promise.resolve().then(attempt).then(() => true, () => false);
  check(`${what} is taken`, !taken);
}

async function leases() {
  const file = vectors("lease.json");
  const keys = await exchangeKeys(file.exchange_key);
  const device = { authority: b64(file.authority), practice: file.practice, device: file.device, keys, nonce: b64(file.nonce) };
  const batch = await readBatch(b64(file.batch), device);
  equal("kid", batch.kid, file.kid);
  equal("issued_at", batch.issued_at, file.issued_at);
  const opened = await openItems(batch, device);
  check("as many items as expected", opened.length === file.opened.length);
  for (const [i, expected] of file.opened.entries()) {
    equal(`header ${i}`, spelledHeader(batch.items[i].header), expected.header);
    equal(`sealed ${i}`, opened[i] && spelledWords(opened[i]), expected.sealed);
  }
  for (const [i, expected] of file.denials.entries()) {
    check(`denial ${i}`, same(batch.denials[i], b64(expected)));
    await openDenial(batch.denials[i], device.authority, file.device);
  }
  equal("an empty batch", (await openItems(await readBatch(b64(file.empty_batch), device), device)).length, 0);
  for (const { why, batch } of file.refused) await refused(`a batch: ${why}`, () => readBatch(b64(batch), device));
  for (const { why, item, batch } of file.does_not_open) {
    const items = await openItems(await readBatch(b64(batch), device), device);
    check(`an item opens: ${why}`, items[item] === null);
  }
}

async function statements() {
  const denials = vectors("denial.json");
  const denial = ({ signed }) => openDenial(b64(signed), b64(denials.authority), denials.device);
  for (const { signed, ...expected } of denials.taken) equal(`denial ${expected.kind}`, await denial({ signed }), expected);
  for (const one of denials.refused) await refused(`a denial: ${one.why}`, () => denial(one));
  const receipts = vectors("receipt.json");
  const receipt = ({ signed }) => openReceipt(b64(signed), b64(receipts.key));
  for (const { signed, ...expected } of receipts.taken) equal(`receipt ${expected.n}`, await receipt({ signed }), expected);
  for (const one of receipts.refused) await refused(`a receipt: ${one.why}`, () => receipt(one));
}

async function rotations() {
  const file = vectors("rotation.json");
  const statements = file.chain.map(({ signed }) => b64(signed));
  const { keys, followed } = await follow(b64(file.pinned), file.practice, statements);
  check("as many rotations as expected", followed.length === file.chain.length);
  for (const [i, { signed, ...expected }] of file.chain.entries()) equal(`rotation ${i}`, followed[i], expected);
  check("the newest key", same(keys.at(-1), b64(file.newest)));
  for (const { why, chain } of file.refused) {
    await refused(`a chain: ${why}`, () => follow(b64(file.pinned), file.practice, chain.map(b64)));
  }
  const byAny = (signed) => Promise.any(keys.map((key) => openDenial(b64(signed), key, file.device)));
  for (const signed of file.denials_taken) await byAny(signed);
  for (const signed of file.denials_refused) await refused("a denial by a stranger", () => byAny(signed));
}

async function media() {
  const file = vectors("media.json");
  const key = b64(file.key);
  for (const { name, plain, sealed, sha256, record_size, records, cipher_len } of file.whole) {
    const [bytes, expected] = [b64(sealed), b64(plain)];
    check(`${name}: whole`, same(openWhole(bytes, key), expected));
    check(`${name}: record by record`, same(openRecords(bytes, key, expected.length, record_size), expected));
    equal(`${name}: digest`, digest(bytes), sha256);
    equal(`${name}: length`, bytes.length, cipher_len);
    for (const [i, { cipher, plain: range }] of records.entries()) {
      equal(`${name}: record ${i} begins`, [cipher[0], range[0]], [21 + i * record_size, i * (record_size - 17)]);
    }
  }
  for (const { why, sealed } of file.refused) {
    const { refused_plain_len: length, refused_record_size: size } = file;
    await refused(`a clip: ${why}`, () => openRecords(b64(sealed), key, length, size));
  }
}

async function orders() {
  const { taken, refused: bad, letters, notes } = vectors("entries.json");
  for (const { name, bytes } of taken) check(name, readEntry(b64(bytes)).k !== undefined);
  for (const { why, bytes } of bad) await refused(`an entry: ${why}`, () => readEntry(b64(bytes)));
  for (const { name, bytes } of [...letters, ...notes]) check(name, read(b64(bytes)).k !== undefined);
  const { now, cases } = vectors("fold.json");
  for (const { name, entries, releases } of cases) {
    const encoded = entries.map(({ id, bytes }) => ({ id: Buffer.from(id, "base64url").toString("hex"), bytes: b64(bytes) }));
    equal(name, fold(encoded, now), releases);
    equal(`${name}, backwards`, fold(encoded.toReversed(), now), releases);
  }
}

async function digits() {
  for (const { device, exchange_key, signing_key, digits: shown } of vectors("digits.json")) {
    const parts = [new TextEncoder().encode("refrain/digits/v1"), Buffer.from(device.slice(4), "hex"), b64(exchange_key), b64(signing_key)];
    const hash = await sha256(concat(...parts));
    equal(`digits of ${device}`, String(new DataView(hash.buffer).getBigUint64(0) % 10_000n).padStart(4, "0"), shown);
  }
}

for (const part of [leases, statements, rotations, media, orders, digits]) {
  await part().catch((error) => failures.push(`${part.name}: ${error.stack}`));
}
failures.forEach((failure) => console.error(`FAILED  ${failure}`));
console.log(`${checks} checks, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
