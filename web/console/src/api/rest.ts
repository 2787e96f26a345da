// The server's API, as a therapist at a computer uses it.
//
// The token lives in this module's memory and nowhere else: not in storage, not in an address, not in a log. A page that is
// loaded anew has none.

/** A refusal, by its stable code. */
export class Refusal extends Error {
    readonly status: number;
    readonly code: string;
    /** With `unseen`: what must be shown, and then named. */
    readonly entries: string[];
    /** With `out_of_bounds`: whose value it is. */
    readonly field: string | undefined;

    constructor(status: number, code: string, entries: string[] = [], field?: string) {
        super(code);
        this.status = status;
        this.code = code;
        this.entries = entries;
        this.field = field;
    }
}

/** Nobody answered: no network, a stopped server, a portal in between. */
export class NoContact extends Error {}

/** No answer but an upload's takes longer; what is only read is small, and nobody waits for it for half a minute. */
const PATIENCE = 30_000;
const PATIENCE_TO_READ = 12_000;

let token: string | undefined;
let ended: () => void = () => {};
let keeper: Keeper | undefined;

/** Keeps what was read, and has it while nobody answers. */
export interface Keeper {
    answered(): void;
    remember(path: string, body: unknown): Promise<void>;
    recall(path: string): Promise<{ body: unknown } | undefined>;
    forget(path: string): Promise<void>;
}

export function keeps(by: Keeper | undefined): void {
    keeper = by;
}

export function hasToken(): boolean {
    return token !== undefined;
}

export function bear(fresh: string | undefined): void {
    token = fresh;
}

/** Told when the server no longer knows the token. */
export function onEnded(then: () => void): void {
    ended = then;
}

/** A question that changes something, as it is asked; kept as it is where it has to wait. */
export interface Command {
    method: "POST" | "PATCH";
    path: string;
    body: unknown;
}

export const ask = <T>({ method, path, body }: Command, key?: string): Promise<T> => call<T>(method, path, body, key);
/** Reads; what was read before where nobody answers and it was kept. */
export const get = <T>(path: string): Promise<T> => keeping(path, () => call<T>("GET", path));

/** A list that comes in pages. */
type Page<Name extends string, T> = { [name in Name]: T[] } & { next?: string | null };

/** Reads a list with all of its pages, or none of it: who has read only some of them must not say that there is nothing more. */
export async function getAll<T, Name extends string>(path: string, name: Name): Promise<T[]> {
    const all = await keeping(path, async () => {
        const found: T[] = [];
        const seen = new Set<string>();
        let after: string | undefined;
        do {
            const from =
                after === undefined
                    ? path
                    : `${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}`;
            const page: Page<Name, T> = await call("GET", from);
            found.push(...page[name]);
            after = page.next ?? undefined;
            // A server that sends one round in a circle is not asked for ever.
            if (after !== undefined && seen.has(after)) throw new NoContact();
            if (after !== undefined) seen.add(after);
        } while (after !== undefined);
        return { [name]: found, next: null } as Page<Name, T>;
    });
    return all[name];
}

async function keeping<T>(path: string, read: () => Promise<T>): Promise<T> {
    const by = keeper;
    try {
        const fresh = await read();
        by?.answered();
        void by?.remember(path, fresh);
        return fresh;
    } catch (error) {
        const found = error instanceof NoContact ? await by?.recall(path) : undefined;
        if (found) return found.body as T;
        if (error instanceof Refusal && [403, 404, 410].includes(error.status)) void by?.forget(path);
        throw error;
    }
}

export const post = <T>(path: string, body: unknown = {}, key?: string): Promise<T> => call<T>("POST", path, body, key);
export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>("PATCH", path, body);
export const remove = (path: string): Promise<void> => call<void>("DELETE", path);

/** A `key` makes a POST that is sent twice happen once: a connection that breaks says nothing of what was done. */
async function call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    // Who works with what is kept here has not signed in: nobody is asked for anything.
    if (keeper && !token) throw new NoContact();
    const headers = authorized();
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (key) headers.set("Idempotency-Key", key);
    const sent: RequestInit = {
        method,
        headers,
        signal: AbortSignal.timeout(method === "GET" ? PATIENCE_TO_READ : PATIENCE),
    };
    if (body !== undefined) sent.body = JSON.stringify(body);
    const response = await send(path, sent);
    return (response.status === 204 ? undefined : await whole(response.json())) as T;
}

/** An answer that breaks off was none: a server that stops in the middle, a network that is lost. */
async function whole<T>(body: Promise<T>): Promise<T> {
    try {
        return await body;
    } catch {
        throw new NoContact();
    }
}

/** Reads bytes: a clip that is played in the room. */
export async function bytes(path: string, signal: AbortSignal): Promise<Blob> {
    const response = await send(path, { headers: authorized(), signal });
    return whole(response.blob());
}

async function send(path: string, init: RequestInit): Promise<Response> {
    const used = token;
    // The sign-in alone needs the cookie that tells this browser from strangers'. It opens nothing.
    const credentials = path === "/v1/sign-in" ? "same-origin" : "omit";
    let response: Response;
    try {
        response = await fetch(path, { ...init, cache: "no-store", credentials, redirect: "error" });
    } catch {
        throw new NoContact();
    }
    if (response.ok) return response;
    const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
    // An answer that is not the server's own is a portal's, and decides nothing.
    if (!isProblem) throw new NoContact();
    throw refused(response.status, await whole(response.text()), used);
}

function refused(status: number, text: string, used: string | undefined): Refusal {
    const problem = JSON.parse(text) as { code: string; entries?: string[]; field?: string };
    // A late answer to whoever sat here before says nothing of who sits here now.
    if (problem.code === "unauthenticated" && used === token) ended();
    return new Refusal(status, problem.code, problem.entries, problem.field);
}

/**
 * Sends a piece of media, and tells how many bytes of it have gone. The one place with XMLHttpRequest: fetch does not tell of
 * an upload's progress, and without it a slow line could not be told from a dead one.
 */
export function put<T>(path: string, piece: Blob, progress: (bytes: number) => void, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        const used = token;
        let moved = Date.now();
        const watch = setInterval(() => {
            if (Date.now() - moved > PATIENCE) {
                request.abort();
            }
        }, 1_000);
        const stop = () => request.abort();
        request.open("PUT", path);
        for (const [name, value] of authorized()) request.setRequestHeader(name, value);
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.upload.onprogress = (event) => {
            moved = Date.now();
            progress(event.loaded);
        };
        request.onerror = () => reject(new NoContact());
        request.onabort = () => reject(signal.aborted ? (signal.reason as Error) : new NoContact());
        request.onload = () => {
            const isProblem = request.getResponseHeader("Content-Type")?.startsWith("application/problem+json");
            if (request.status === 200) resolve(JSON.parse(request.responseText) as T);
            else reject(isProblem ? refused(request.status, request.responseText, used) : new NoContact());
        };
        request.onloadend = () => {
            clearInterval(watch);
            signal.removeEventListener("abort", stop);
        };
        signal.addEventListener("abort", stop);
        request.send(piece);
    });
}

function authorized(): Headers {
    return new Headers(token ? { Authorization: `Bearer ${token}` } : {});
}
