// The server's API, as a paired device uses it. Whatever fails here is no contact, and never an end.

import { heard, signRequest } from "./signature";
import type { Identity } from "./store";

/** A refusal by its stable code, or no answer at all. */
export class NoAnswer extends Error {
    readonly status: number;
    readonly code: string;

    constructor(status: number, code: string) {
        super(code);
        this.status = status;
        this.code = code;
    }
}

/** No answer takes longer; a phone in a tunnel is told so, and asks again later. */
const PATIENCE = 30_000;

/** What a request may have besides. */
interface More {
    headers?: HeadersInit;
    signal?: AbortSignal;
    /** Done before each attempt: what it throws is thrown, and nothing is sent. */
    before?: () => Promise<void>;
}

export class Api {
    readonly #caller: Pick<Identity, "token" | "signing"> | undefined;

    constructor(caller?: Pick<Identity, "token" | "signing">) {
        this.#caller = caller;
    }

    async json<T>(method: string, path: string, body?: unknown): Promise<T> {
        const response = await this.send(method, path, body);
        return (response.status === 204 ? undefined : await response.json()) as T;
    }

    async send(method: string, path: string, body?: unknown, more: More = {}) {
        const headers = new Headers(more.headers);
        const patience = AbortSignal.timeout(PATIENCE);
        const signal = more.signal ? AbortSignal.any([patience, more.signal]) : patience;
        const init: RequestInit = {
            method,
            headers,
            signal,
            cache: "no-store",
            credentials: "omit",
            redirect: "error",
        };
        if (body !== undefined) {
            headers.set("Content-Type", "application/json");
            init.body = JSON.stringify(body);
        }
        const attempt = async () => {
            await more.before?.();
            try {
                if (this.#caller)
                    await signRequest(headers, this.#caller, method, path, init.body as string | undefined);
                return await fetch(path, init);
            } catch {
                throw new NoAnswer(0, "no_contact");
            }
        };
        let response = await attempt();
        // The challenge that was signed is too old, or there was none yet: this answer has brought one.
        if (heard(response) && response.status === 401) response = await attempt();
        if (response.ok) return response;
        const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
        const problem = isProblem ? ((await response.json().catch(() => ({}))) as { code?: string }) : {};
        throw new NoAnswer(response.status, problem.code ?? "no_contact");
    }
}
