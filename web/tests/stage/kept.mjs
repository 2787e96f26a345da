// What a browser keeps for the apps, read past the apps: every store that a page can have, and the companion's sealed values.

/** How often base64 can begin within what stands before. */
const SHIFTS = [0, 1, 2];

/**
 * In which of a page's stores something stands in the clear: as it is, in UTF-16, or in base64, within whatever it is part
 * of. Looks into every database, cache, storage, cookie and file.
 */
export async function whereIs(page, wanted) {
    const needles = spellings(Buffer.from(wanted)).map((one) => one.toString("latin1"));
    const cookies = (await page.context().cookies()).map((one) => JSON.stringify(one));
    const found = await page.evaluate(find, needles);
    if (cookies.some((one) => needles.some((needle) => one.includes(needle)))) found.push("cookies");
    return found;
}

function spellings(bytes) {
    const wide = Buffer.from(bytes.toString(), "utf16le");
    const swapped = Buffer.from(wide).swap16();
    const coded = SHIFTS.map((shift) => {
        const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
        // What shares its letters with what stands before and after is left out.
        return text.slice(shift === 0 ? 0 : 4, Math.floor(((shift + bytes.length) * 8) / 6));
    });
    const plain = [bytes, wide, swapped, Buffer.from(bytes.toString("hex"))];
    return [...plain, ...coded.flatMap((one) => [one, one.replaceAll("+", "-").replaceAll("/", "_")]).map(Buffer.from)];
}

/** Runs in the page. */
async function find(needles) {
    // A decoder of latin1 is one of windows-1252, and changes some bytes.
    const exact = (bytes) => {
        let text = "";
        for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
        return text;
    };
    const hits = (text) => needles.some((needle) => text.includes(needle));
    const holds = async (value) => {
        if (value instanceof Blob) return holds(await value.arrayBuffer());
        if (value instanceof ArrayBuffer) return hits(exact(new Uint8Array(value)));
        if (ArrayBuffer.isView(value))
            return hits(exact(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
        if (typeof value === "string") return hits(exact(new TextEncoder().encode(value)));
        if (typeof value !== "object" || value === null) return hits(String(value));
        const inner = value instanceof Map || value instanceof Set ? [...value].flat() : Object.entries(value).flat();
        for (const one of inner) if (await holds(one)) return true;
        return false;
    };
    const done = (request) =>
        new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
    const found = [];
    for (const { name } of await indexedDB.databases()) {
        const db = await done(indexedDB.open(name));
        for (const store of db.objectStoreNames) {
            const rows = db.transaction(store).objectStore(store);
            const [keys, values] = await Promise.all([done(rows.getAllKeys()), done(rows.getAll())]);
            if (await holds([keys, values])) found.push(`${name}/${store}`);
        }
        db.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const response = await cache.match(request);
            const said = [name, request.url, [...response.headers], await response.arrayBuffer()];
            if (await holds(said)) found.push(`cache ${new URL(request.url).pathname}`);
        }
    }
    for (const [name, storage] of [
        ["localStorage", localStorage],
        ["sessionStorage", sessionStorage],
    ])
        if (await holds(Object.entries(storage))) found.push(name);
    const files = async (folder, path) => {
        for await (const [name, handle] of folder.entries()) {
            const said = handle.kind === "file" ? [name, await handle.getFile()] : [name];
            if (await holds(said)) found.push(`file ${path}${name}`);
            if (handle.kind === "directory") await files(handle, `${path}${name}/`);
        }
    };
    if (navigator.storage?.getDirectory) await files(await navigator.storage.getDirectory(), "/");
    return found;
}

/** Changes some of a sealed value of the companion's, or of each that is in a list of them; gives what it was. */
export function changeKept(page, name, some = {}) {
    return page.evaluate(change, [name, some]);
}

/** Runs in the page. */
async function change([name, some]) {
    const done = (request) =>
        new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
    const db = await done(indexedDB.open("refrain"));
    const store = (of, mode) => db.transaction(of, mode).objectStore(of);
    try {
        const row = await done(store("device").get(name));
        if (!row) return undefined;
        const key = await done(store("seal").get("key"));
        const how = (iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`device/${name}`) });
        const plain = new Uint8Array(await crypto.subtle.decrypt(how(row.iv), key, row.sealed));
        // JSON behind its length, then the bytes that it names.
        const end = 4 + new DataView(plain.buffer).getUint32(0);
        const value = JSON.parse(new TextDecoder().decode(plain.subarray(4, end)));
        const changed = Array.isArray(value) ? value.map((one) => ({ ...one, ...some })) : { ...value, ...some };
        const words = new TextEncoder().encode(JSON.stringify(changed));
        const anew = new Uint8Array(4 + words.length + plain.length - end);
        new DataView(anew.buffer).setUint32(0, words.length);
        anew.set(words, 4);
        anew.set(plain.subarray(end), 4 + words.length);
        const iv = crypto.getRandomValues(new Uint8Array(12));
        const sealed = new Uint8Array(await crypto.subtle.encrypt(how(iv), key, anew));
        await done(store("device", "readwrite").put({ ...row, iv, sealed }, name));
        return value;
    } finally {
        db.close();
    }
}
