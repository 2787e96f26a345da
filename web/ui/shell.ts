// What the service workers of both apps do alike: they keep the files of one version of their app, and nothing else.

/** The files of this version, as the build has named them; the name changes with each of them. */
declare const SHELL: { name: string; files: string[] };

export function isOfShell(file: string): boolean {
    return SHELL.files.includes(file);
}

/** Fetches every file of this version, past all caches. */
export async function fillShell(): Promise<void> {
    const fresh = SHELL.files.map((file) => new Request(file, { cache: "reload" }));
    await (await caches.open(SHELL.name)).addAll(fresh);
}

/** Drops the earlier versions of this app. The other app has caches of its own on the same origin, under another kind. */
export async function dropOldShells(kind: string): Promise<void> {
    for (const name of await caches.keys())
        if (name.startsWith(`${kind}-`) && name !== SHELL.name) await caches.delete(name);
}

/** Asks without making anything: a worker that was given up is alive until its page has gone. */
export function keptFile(file: string): Promise<Response | undefined> {
    return caches.match(file, { cacheName: SHELL.name });
}

export async function fromShell(file: string, request: Request): Promise<Response> {
    return (await keptFile(file)) ?? fetch(request);
}
