// The fold of the orders, written from docs/protocol.md alone.
import { read, shape } from "./cbor.mjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const KEYS = {
  release: ["rel", "clip", "rec", "terms", "seen"],
  amend: ["rel", "set", "over"],
  "hold rel": ["on", "rel", "until?"],
  "hold shelf": ["on", "until?", "hits"],
  lift: ["holds"],
  "revoke rel": ["on", "rel", "hits"],
  "revoke clip": ["on", "clip", "hits"],
  "revoke recording": ["on", "rec", "hits"],
  "revoke shelf": ["on", "hits"],
  confirm: ["rel", "seen"],
};
const TERMS = ["not_before?", "expires_at?", "offline_for?", "daily_limit?", "quiet_hours?", "planned_daily?"];

export function readEntry(bytes) {
  if (bytes.length > 2048) throw new Error("too long");
  const entry = read(bytes);
  const keys = KEYS[["hold", "revoke"].includes(entry.k) ? `${entry.k} ${entry.on}` : entry.k];
  if (!keys) throw new Error("an unknown kind");
  shape(entry, ["k", "by", "at", ...keys]);
  if (entry.terms) shape(entry.terms, TERMS);
  if (entry.set) shape(entry.set, TERMS);
  for (const list of ["seen", "over", "hits", "holds"]) if ((entry[list] ?? []).length > 64) throw new Error("too many ids");
  return entry;
}

export function fold(encoded, now) {
  let unreadable = false;
  const all = [];
  for (const { id, bytes } of encoded) {
    try {
      all.push({ id, ...readEntry(bytes) });
    } catch {
      unreadable = true;
    }
  }
  const of = (kind) => all.filter(({ k }) => k === kind);
  const names = (list, bytes) => (list ?? []).some((other) => hex(other) === hex(bytes));
  const lifted = new Set(of("lift").flatMap(({ holds }) => holds.map(hex)));
  const result = {};
  for (const release of of("release")) {
    const its = (entry) => entry.rel && hex(entry.rel) === hex(release.rel);
    const covers = ({ on, clip, rec }) =>
      on === "shelf" || (on === "clip" && hex(clip) === hex(release.clip)) || (on === "recording" && hex(rec) === hex(release.rec));
    const revoked = of("revoke").some((entry) => (entry.on === "rel" && its(entry)) || names(entry.hits, release.rel));
    const doubts = [...of("revoke").filter(covers), ...of("hold").filter(({ on }) => on === "shelf")];
    const seen = new Set([release, ...of("confirm").filter(its)].flatMap((entry) => entry.seen.map(hex)));
    const unseen = doubts.filter((entry) => !names(entry.hits, release.rel) && !seen.has(entry.id));
    const holds = of("hold").filter((entry) => (entry.on === "shelf" || its(entry)) && !lifted.has(entry.id));
    const held = holds.some(({ until }) => until === undefined || now < until);
    const claims = of("release").filter(its).length;
    const terms = claims > 1 ? null : termsOf(release, of("amend").filter(its));
    let standing = "live";
    if (terms?.not_before > now) standing = "later";
    if (held) standing = "held";
    if (unseen.length > 0) standing = "unconfirmed";
    if (terms && now >= terms.expires_at) standing = "expired";
    if (!terms) standing = "unconfirmed";
    if (unreadable) standing = "held";
    if (revoked) standing = "revoked";
    result[`rel_${hex(release.rel)}`] = { standing, terms: terms && spelled(terms) };
  }
  return result;
}

function spelled({ expires_at, offline_for, daily_limit, quiet_hours }) {
  return { expires_at, offline_for, daily_limit: daily_limit ?? null, quiet_hours };
}

function termsOf(release, amendments) {
  const over = new Map(amendments.map(({ id, over }) => [id, over.map(hex)]));
  const reaches = (from, to, been = new Set()) =>
    (over.get(from) ?? []).some((next) => next === to || (!been.has(next) && reaches(next, to, been.add(next))));
  if (amendments.some(({ id }) => reaches(id, id))) return null;
  const standing = (field) => {
    const setters = amendments.filter(({ set }) => field in set);
    const named = new Set(setters.flatMap(({ id }) => over.get(id)));
    const all = [{ id: release.id, value: release.terms[field] }, ...setters.map(({ id, set }) => ({ id, value: set[field] }))];
    return all.filter(({ id }) => !named.has(id)).map(({ value }) => value ?? null);
  };
  const least = (values) => values.filter((value) => value !== null).reduce((a, b) => (a === null || b < a ? b : a), null);
  const greatest = (values) => values.filter((value) => value !== null).reduce((a, b) => (a === null || b > a ? b : a), null);
  return {
    not_before: greatest(standing("not_before")),
    expires_at: least(standing("expires_at")),
    offline_for: least(standing("offline_for")),
    daily_limit: least(standing("daily_limit")),
    quiet_hours: union(standing("quiet_hours").flat()),
  };
}

function union(ranges) {
  const merged = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
