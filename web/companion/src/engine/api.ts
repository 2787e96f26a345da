// The server's API, as a paired device uses it. Whatever fails here is no contact, and never an end.

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

export class Api {
    readonly #token: string | undefined;

    constructor(token?: string) {
        this.#token = token;
    }

    async json<T>(method: string, path: string, body?: unknown): Promise<T> {
        const response = await this.send(method, path, body);
        return (response.status === 204 ? undefined : await response.json()) as T;
    }

    async send(method: string, path: string, body?: unknown, more?: { headers?: HeadersInit; signal?: AbortSignal }) {
        const headers = new Headers(more?.headers);
        if (this.#token) headers.set("Authorization", `Bearer ${this.#token}`);
        if (body !== undefined) headers.set("Content-Type", "application/json");
        const patience = AbortSignal.timeout(PATIENCE);
        const signal = more?.signal ? AbortSignal.any([patience, more.signal]) : patience;
        const init: RequestInit = {
            method,
            headers,
            signal,
            cache: "no-store",
            credentials: "omit",
            redirect: "error",
        };
        if (body !== undefined) init.body = JSON.stringify(body);
        let response: Response;
        try {
            response = await fetch(path, init);
        } catch {
            throw new NoAnswer(0, "no_contact");
        }
        if (response.ok) return response;
        const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
        const problem = isProblem ? ((await response.json().catch(() => ({}))) as { code?: string }) : {};
        throw new NoAnswer(response.status, problem.code ?? "no_contact");
    }
}
