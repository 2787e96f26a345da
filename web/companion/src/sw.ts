// The service worker: the app without a network, media for the player, and wake-ups.
//
// It keeps the app's own files and nothing else. What it hands to the player it is given by the page, piece by piece, and
// never stores.

import { dropOldShells, fillShell, fromShell, isOfShell } from "../../ui/shell";
import { holdAsleep } from "./engine/driver";
import { Engine } from "./engine/engine";
import { tell } from "./engine/server/waking";
import { Database, type Identity, readValue } from "./engine/store";
import { type Settings, startSettings } from "./session/settings";
import { always } from "./strings/always";

declare const self: ServiceWorkerGlobalScope & typeof globalThis;

/** A wake-up that takes longer is ended by the browser anyway. */
const AWAKE = 22_000;
/** A page that does not answer for so long is frozen: nothing happens in it before somebody looks again. */
const FROZEN = 3_000;

self.addEventListener("install", (event) => event.waitUntil(fillShell()));

self.addEventListener("activate", (event) => {
    event.waitUntil(dropOldShells("shell").then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
    // A page that was loaded past this worker has no player: it asks to be taken in.
    if (event.data === "claim") event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (url.origin !== self.location.origin || event.request.method !== "GET") return;
    if (url.pathname.startsWith("/play/")) return event.respondWith(play(event, url.pathname.slice(6)));
    if (url.pathname.endsWith(".webmanifest")) return event.respondWith(manifest(event.request));
    const file = event.request.mode === "navigate" && url.pathname === "/" ? "/" : url.pathname;
    if (isOfShell(file)) event.respondWith(fromShell(file, event.request));
});

/** The manifest with the name that this person has chosen: it is written here, and no server hears of it. */
async function manifest(request: Request): Promise<Response> {
    const answer = await fetch(request);
    const db = new Database();
    const chosen = await readValue<Settings>(db, "settings").catch(() => undefined);
    db.close();
    if (!chosen || !answer.ok) return answer;
    const named = { ...((await answer.json()) as object), name: chosen.name, short_name: chosen.name };
    return new Response(JSON.stringify(named), { headers: { "Content-Type": "application/manifest+json" } });
}

/** Asks the page that plays for a range of plain media, which it decrypts and pays for. */
async function play(event: FetchEvent, sitting: string): Promise<Response> {
    const asked = /^bytes=(\d+)-(\d*)$/.exec(event.request.headers.get("Range") ?? "bytes=0-");
    const from = Number(asked?.[1] ?? 0);
    const to = asked?.[2] ? Number(asked[2]) + 1 : Number.MAX_SAFE_INTEGER;
    // Not every browser says which page a player belongs to; the one that plays knows the sitting, and no other does.
    const asking = await self.clients.get(event.clientId);
    let piece: Piece | undefined;
    for (const page of asking ? [asking] : await self.clients.matchAll({ type: "window" })) {
        piece ??= await pieceOf(page, { play: sitting, from, to });
    }
    if (!piece) return new Response(null, { status: 410 });
    if (piece.bytes.byteLength === 0) {
        return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${piece.length}` } });
    }
    const end = from + piece.bytes.byteLength;
    const headers = {
        "Content-Type": piece.type,
        "Content-Range": `bytes ${from}-${end - 1}/${piece.length}`,
        "Content-Length": String(piece.bytes.byteLength),
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
    };
    return new Response(piece.bytes, { status: 206, headers });
}

function pieceOf(page: Client, wanted: { play: string; from: number; to: number }): Promise<Piece | undefined> {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
        port1.onmessage = (message) => {
            port1.close();
            resolve(message.data as Piece | undefined);
        };
        page.postMessage(wanted, [port2]);
    });
}

interface Piece {
    bytes: ArrayBuffer;
    length: number;
    type: string;
}

self.addEventListener("push", (event) => {
    event.waitUntil(
        (async () => {
            // Before any store is opened, which may hang or fail: a browser takes pushes away from an app that shows nothing.
            const first = startSettings(self.navigator.language);
            await show(first);
            const db = new Database();
            const chosen = await readValue<Settings>(db, "settings").catch(() => undefined);
            const settings = { ...first, ...chosen };
            const isOther = settings.language !== first.language || settings.icon !== first.icon;
            const shown = isOther ? show(settings) : undefined;
            const pages = await self.clients.matchAll({ type: "window" });
            const isSeenTo = Promise.all(pages.map(wakes)).then((each) => each.includes(true));
            await Promise.all([shown, isSeenTo.then((is) => (is ? undefined : sync(db)))]);
            db.close();
        })(),
    );
});

/** The same sentence whatever has happened. One in the place of another makes no sound. */
function show({ language, icon }: Settings): Promise<void> {
    const sign = `/icons/${icon}-192.png`;
    return self.registration.showNotification(always[language].push, { tag: "news", icon: sign, badge: sign });
}

/** Wakes a page; gives whether it drives, and sees to it. */
function wakes(page: Client): Promise<boolean> {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
        port1.onmessage = () => resolve(true);
        setTimeout(resolve, FROZEN, false);
        page.postMessage({ wake: true }, [port2]);
    }).finally(() => port1.close()) as Promise<boolean>;
}

/** Syncs, wipes and renews with the app closed, or in the place of a page that is frozen. */
async function sync(db: Database): Promise<void> {
    await holdAsleep(async () => {
        let look = () => {};
        let isOver = () => {};
        const over = new Promise<void>((resolve) => {
            isOver = resolve;
        });
        const watcher = {
            changed: () => look(),
            gone: () => {},
            disconnected: () => {},
            removed: () => {},
            overtaken: () => isOver(),
        };
        const engine = await Engine.start(db, watcher);
        if (!engine) return;
        look = () => {
            if (engine.isLevel() && engine.isIdle()) isOver();
        };
        void engine.contact(true).then(look, isOver);
        await Promise.race([over, new Promise((resolve) => setTimeout(resolve, AWAKE))]);
        // What the last frame has brought is carried out before this worker sleeps.
        await engine.run(() => {});
        engine.halt();
    });
}

self.addEventListener("pushsubscriptionchange", (event) => {
    // The push service has another address for this phone: nobody could wake it under the old one.
    event.waitUntil(
        (async () => {
            const db = new Database();
            const identity = await readValue<Identity>(db, "identity");
            const key = event.oldSubscription?.options.applicationServerKey;
            const anew = () =>
                self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key ?? null });
            if (identity) await tell(db, identity, event.newSubscription ?? (await anew()));
            db.close();
        })(),
    );
});

self.addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(
        (async () => {
            const [page] = await self.clients.matchAll({ type: "window" });
            // To the shelf, wherever the app was.
            page?.postMessage({ home: true });
            await (page ? page.focus() : self.clients.openWindow("/"));
        })(),
    );
});
