// Rotations: from the key that was pinned at pairing to the newest, each step signed by the key before it.
import { id, same, shape } from "./cbor.mjs";
import { open, sha256 } from "./statements.mjs";

export async function kidOf(publicKey) {
  return Buffer.from((await sha256(publicKey)).slice(0, 8)).toString("base64url");
}

/** Every key from the pinned one on, and what the statements say. */
export async function follow(pinned, practice, statements) {
  const keys = [pinned];
  const followed = [];
  for (const bytes of statements) {
    const replaced = keys.at(-1);
    const { map } = await open("rotation", bytes, replaced);
    shape(map, ["v", "practice", "n", "from", "to", "at"]);
    if (id("prac", map.practice) !== practice) throw new Error("for another practice");
    if (map.n !== keys.length) throw new Error("out of order");
    if (map.from !== (await kidOf(replaced))) throw new Error("names another key as replaced");
    if (map.to.length !== 65 || keys.some((key) => same(key, map.to))) throw new Error("back to a replaced key");
    keys.push(map.to);
    const to = Buffer.from(map.to).toString("base64url");
    followed.push({ practice, n: map.n, from: map.from, to, at: map.at });
  }
  return { keys, followed };
}
