// A phone's signature under its requests: HTTP Message Signatures (RFC 9421). The token says which phone asks, and opens
// nothing by itself: only this phone's key does, and nobody can take that out.

import { type Bytes, random, toBase64 } from "../../../ui/bytes";
import { sign } from "./clips/vault";
import type { Identity } from "./store";

/** What the server has sent last, to be signed with the next request. */
let challenge = "";

const byteSequence = (bytes: Bytes): string => `:${btoa(String.fromCharCode(...bytes))}:`;
const encode = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

/** Keeps the challenge that an answer has brought, and says whether it has. */
export function heard(answer: Response): boolean {
    const next = answer.headers.get("Refrain-Challenge");
    challenge = next ?? challenge;
    return next !== null;
}

/** Signs a request: method, path, query and body. */
export async function signRequest(
    headers: Headers,
    { token, signing }: Pick<Identity, "token" | "signing">,
    method: string,
    path: string,
    body = "",
): Promise<void> {
    const [place, query = ""] = path.split("?");
    const digest = `sha-256=${byteSequence(new Uint8Array(await crypto.subtle.digest("SHA-256", encode(body))))}`;
    const params =
        '("@method" "@path" "@query" "content-digest")' +
        `;nonce="${challenge}.${toBase64(random(9))}";tag="refrain/request/v1"`;
    const base = [
        `"@method": ${method}`,
        `"@path": ${place}`,
        `"@query": ?${query}`,
        `"content-digest": ${digest}`,
        `"@signature-params": ${params}`,
    ].join("\n");
    headers.set("Authorization", `Bearer ${token}`);
    headers.set("Content-Digest", digest);
    headers.set("Signature-Input", `refrain=${params}`);
    headers.set("Signature", `refrain=${byteSequence(await sign(signing, encode(base)))}`);
}
