// A phone's signature under its requests, checked by Node's own cryptography.

import assert from "node:assert/strict";
import { createHash, verify } from "node:crypto";
import { beforeEach, test } from "node:test";
import { load } from "./node/sources.mjs";

const { Api, NoAnswer } = await load("companion/src/engine/api.ts", "companion/src/engine/signature.ts");

const signing = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
const spki = Buffer.from(await crypto.subtle.exportKey("spki", signing.publicKey));
const key = { key: spki, format: "der", type: "spki", dsaEncoding: "ieee-p1363" };
const phone = { token: "a-name", signing };

let [sent, answers] = [];
beforeEach(() => {
    sent = [];
    answers = [];
    globalThis.fetch = async (path, init) => {
        sent.push({ path, ...init, headers: new Headers(init.headers) });
        return answers.shift() ?? new Response("{}", { headers: { "Refrain-Challenge": "the-next-one" } });
    };
});

const challenged = (status, code, challenge) =>
    new Response(JSON.stringify({ code }), {
        status,
        headers: { "Content-Type": "application/problem+json", ...(challenge && { "Refrain-Challenge": challenge }) },
    });

/** What stands in a request's signature, if it is one: challenge and chance. */
function signedOver({ method, path, body = "", headers }) {
    const digest = headers.get("Content-Digest");
    assert.equal(digest, `sha-256=:${createHash("sha256").update(body).digest("base64")}:`);
    const params = headers.get("Signature-Input").replace(/^refrain=/, "");
    const [place, query = ""] = path.split("?");
    const base = [
        `"@method": ${method}`,
        `"@path": ${place}`,
        `"@query": ?${query}`,
        `"content-digest": ${digest}`,
        `"@signature-params": ${params}`,
    ].join("\n");
    const signature = Buffer.from(/^refrain=:(.+):$/.exec(headers.get("Signature"))[1], "base64");
    assert.ok(verify("sha256", Buffer.from(base), key, signature), base);
    assert.equal(headers.get("Authorization"), "Bearer a-name");
    assert.match(params, /^\("@method" "@path" "@query" "content-digest"\);nonce="[^"]+";tag="refrain\/request\/v1"$/);
    return /nonce="([^"]*)\.([^".]{8,})"/.exec(params).slice(1);
}

test("a request is signed over its body, its query and the challenge that came last", async () => {
    const api = new Api(phone);
    await api.json("POST", "/v1/device/leases", { nonce: "AQ" });
    await api.json("GET", "/v1/device/practice-keys?after=3");
    assert.equal(sent.length, 2);
    assert.equal(signedOver(sent[1])[0], "the-next-one");
    assert.notEqual(signedOver(sent[0])[1], signedOver(sent[1])[1], "chance");
});

test("a challenge that is too old is signed anew, once, with the body that was meant", async () => {
    answers = [challenged(401, "challenge_stale", "fresh")];
    await new Api(phone).json("POST", "/v1/device/receipts", { receipts: ["ä"] });
    assert.equal(signedOver(sent[1])[0], "fresh");
    assert.equal(sent[0].body, sent[1].body);

    sent = [];
    answers = [challenged(401, "challenge_stale", "one"), challenged(401, "challenge_stale", "two")];
    await assert.rejects(
        new Api(phone).json("GET", "/v1/device/documents"),
        (error) => error instanceof NoAnswer && error.code === "challenge_stale",
    );
    assert.equal(sent.length, 2);
});

test("who was overtaken meanwhile sends nothing, the second time neither", async () => {
    let isOvertaken = false;
    const before = async () => {
        if (isOvertaken) throw new RangeError("overtaken");
    };
    answers = [challenged(401, "challenge_stale", "fresh")];
    const { fetch } = globalThis;
    globalThis.fetch = (path, init) => {
        isOvertaken = true;
        return fetch(path, init);
    };
    // A page that was frozen while its request was out must not ask what was asked long ago.
    await assert.rejects(new Api(phone).send("POST", "/v1/device/leases", {}, { before }), RangeError);
    assert.equal(sent.length, 1);
});

test("a refusal without a challenge is not asked again, and a stranger signs nothing", async () => {
    answers = [challenged(401, "unauthenticated")];
    await assert.rejects(new Api(phone).json("GET", "/v1/device/documents"), NoAnswer);
    assert.equal(sent.length, 1);
    await new Api().json("POST", "/v1/pair", {});
    assert.equal(sent[1].headers.get("Signature"), null);
});
