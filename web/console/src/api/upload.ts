// A clip on its way to the server, piece by piece: over a line that breaks it goes on where it stopped, by itself.

import { toBase64 } from "../../../ui/bytes";
import type { Clip } from "./answers";
import { get, NoContact, post, put, Refusal, remove } from "./rest";

export interface UploadProgress {
    /** How much is there, 0 to 1. */
    part: number;
    /** Nobody answers; it is tried again. */
    waiting: boolean;
}

interface UploadStart {
    upload: string;
    piece_len: number;
}
interface UploadOffset {
    offset: number;
    len: number;
}

/** How long it is waited before somebody is asked again. */
const AGAIN = 3_000;

/** Sends it; resolves with the clip. It goes on for as long as it takes, until it is stopped or refused. */
export async function upload(
    recording: string,
    media: Blob,
    says: { title: string; heard: string[] },
    tell: (going: UploadProgress) => void,
    signal: AbortSignal,
): Promise<Clip> {
    const sha256 = toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", await media.arrayBuffer())));
    let part = 0;
    const patiently = <T>(work: () => Promise<T>): Promise<T> =>
        persist(work, () => tell({ part, waiting: true }), signal);
    const key = crypto.randomUUID();
    const begun = await patiently(() =>
        post<UploadStart>(`/v1/recordings/${recording}/uploads`, { ...says, len: media.size, sha256 }, key),
    );
    const path = `/v1/uploads/${begun.upload}`;
    try {
        for (let offset = 0; offset < media.size; ) {
            part = offset / media.size;
            tell({ part, waiting: false });
            const piece = media.slice(offset, offset + begun.piece_len);
            const progress = (bytes: number) => tell({ part: (offset + bytes) / media.size, waiting: false });
            try {
                offset = (await put<UploadOffset>(`${path}?offset=${offset}`, piece, progress, signal)).offset;
            } catch (error) {
                const isBehind = error instanceof Refusal && error.code === "conflict";
                // A line that was too slow just now, or another person's upload that goes first.
                const isSoon =
                    error instanceof Refusal && (error.code === "too_slow" || error.code === "too_many_requests");
                if (!(error instanceof NoContact) && !isBehind && !isSoon) throw error;
                tell({ part, waiting: true });
                if (!isBehind) await pause(signal);
                // Whether the piece has arrived only the server knows.
                offset = (await patiently(() => get<UploadOffset>(path))).offset;
            }
        }
        tell({ part: 1, waiting: false });
        part = 1;
        return await patiently(() => post<Clip>(`${path}/clip`, {}, `${key}-clip`));
    } catch (error) {
        // What nobody waits for is not kept for a day.
        if (signal.aborted) void remove(path).catch(() => {});
        throw error;
    }
}

/** Asks until somebody answers. */
async function persist<T>(work: () => Promise<T>, waiting: () => void, signal: AbortSignal): Promise<T> {
    for (;;) {
        signal.throwIfAborted();
        try {
            return await work();
        } catch (error) {
            // An answer that is still being made, under the same key, is asked for again as well.
            const isSoon = error instanceof Refusal && error.code === "too_many_requests";
            if (!(error instanceof NoContact) && !isSoon) throw error;
        }
        waiting();
        await pause(signal);
    }
}

function pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(done, AGAIN);
        const stopped = () => {
            done();
            reject(signal.reason as Error);
        };
        function done(): void {
            clearTimeout(timer);
            removeEventListener("online", done);
            signal.removeEventListener("abort", stopped);
            resolve();
        }
        addEventListener("online", done);
        signal.addEventListener("abort", stopped);
    });
}
