// Signs a request with another implementation of RFC 9421. Reads { method, url, body, key (JWK), challenge } and writes
// the headers.

import { createHash, createPrivateKey, createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { httpbis } from "http-message-signatures";

const { method, url, body, key, challenge } = JSON.parse(readFileSync(0, "utf8"));
const privateKey = createPrivateKey({ key, format: "jwk" });
const digest = createHash("sha256").update(body).digest("base64");
const signer = {
    id: "phone",
    alg: "ecdsa-p256-sha256",
    sign: async (data) => createSign("SHA256").update(data).sign({ key: privateKey, dsaEncoding: "ieee-p1363" }),
};
const signed = await httpbis.signMessage(
    {
        key: signer,
        name: "refrain",
        fields: ["content-digest", "@query", "@path", "@method"],
        params: ["created", "keyid", "alg", "nonce", "tag"],
        paramValues: { nonce: `${challenge}.by-another-hand`, tag: "refrain/request/v1" },
    },
    { method, url, headers: { "Content-Digest": `sha-256=:${digest}:` } },
);
process.stdout.write(JSON.stringify(signed.headers));
