// The player: one clip at a time, decrypted as it is listened to.
//
// The page's media element asks the service worker for pieces of `/play/…`, the worker asks this page, and this page
// decrypts and pays. Nothing readable is stored on the way, and after a play nothing is left of it.

import { signal } from "@preact/signals";
import type { Words } from "#bridge";
import { random, toBase64 } from "../../ui/bytes";
import type { Sitting } from "./engine/clips/sitting";
import { changeValue, readValue } from "./engine/store";
import { go, place, turn } from "./place";
import { database, driving, words as said, settings } from "./session/session";
import { isNight } from "./when";

export interface Playing {
    release: string;
    words: Words | undefined;
    element: HTMLMediaElement;
}

export const playing = signal<Playing | undefined>(undefined);
export const paused = signal(true);
export const position = signal(0);
export const length = signal(0);
export const speed = signal(1);

/** A play counts from here on, in milliseconds; or from a quarter of the clip. */
const COUNTS_FROM = 30_000;
/** How near its end a clip begins again from its beginning. */
const NEAR_END = 3;

interface Ticket {
    name: string;
    sitting: Promise<Sitting>;
    heard: number;
    at: number;
    counted: boolean;
}

let ticket: Ticket | undefined;

/** Begins to play, in the tap that asks for it: a later one would not be let through. */
export function play(release: string, words: Words | undefined): void {
    stop();
    const engine = driving();
    if (!engine) return;
    const isVideo = words?.media_type.startsWith("video/") ?? false;
    const element = document.createElement(isVideo ? "video" : "audio");
    if (element instanceof HTMLVideoElement) element.playsInline = true;
    element.preload = "auto";
    const mine = { name: toBase64(random(12)), heard: 0, at: 0, counted: false };
    const sitting = engine.sit(release, () => mine.counted);
    ticket = Object.assign(mine, { sitting });
    sitting.catch(() => refuse(release));
    position.value = 0;
    length.value = (words?.duration ?? 0) / 1_000;
    playing.value = { release, words, element };
    watch(element, ticket, release);
    element.src = `/play/${ticket.name}`;
    element.playbackRate = speed.value;
    void resumeAt(element, release);
    element.play().catch(() => {
        paused.value = true;
    });
    tellHeadset();
    go({ at: "clip", release });
}

function watch(element: HTMLMediaElement, mine: Ticket, release: string): void {
    element.onplay = element.onpause = () => {
        paused.value = element.paused;
        if ("mediaSession" in navigator) navigator.mediaSession.playbackState = element.paused ? "paused" : "playing";
    };
    element.ondurationchange = () => {
        if (Number.isFinite(element.duration)) length.value = element.duration;
    };
    element.ontimeupdate = () => {
        const step = element.currentTime - mine.at;
        // A jump is no listening.
        if (step > 0 && step < 2) mine.heard += step * 1_000;
        mine.at = element.currentTime;
        position.value = element.currentTime;
        void keepPosition(release, element.currentTime);
        const enough = mine.heard >= Math.min(COUNTS_FROM, (length.value * 1_000) / 4);
        if (enough) void count(mine, release, false);
        // Rest may begin, or the end may come, while it plays.
        const access = driving()?.access(release).is;
        // The play that was the day's last is heard to its end.
        if (access !== "playable" && !(mine.counted && access === "dose_reached")) refuse(release);
    };
    element.onended = () => void end(mine, release);
    element.onerror = () => {
        if (ticket === mine) refuse(release);
    };
}

async function count(mine: Ticket, release: string, toTheEnd: boolean): Promise<void> {
    if (mine.counted) return;
    mine.counted = true;
    // Where there is no room to count it, it has been paid for all the same.
    await driving()
        ?.played(release, mine.heard, length.value * 1_000, toTheEnd, settings.value.sharing)
        .catch(() => {});
}

/** The quiet end: no "again?", and one question, which can be left, and is not asked at night. */
async function end(mine: Ticket, release: string): Promise<void> {
    await count(mine, release, true);
    await keepPosition(release, 0);
    const asks = settings.value.sharing && !isNight();
    close();
    if (place.value.at === "clip") turn(asks ? { at: "rate", release } : { at: "home" });
}

/** Whatever stands against it: one page for all. */
function refuse(release: string): void {
    if (playing.value?.release !== release) return;
    close();
    if (place.value.at === "clip") turn({ at: "not_now", release });
}

/** Stops, and leaves nothing of the media behind. */
export function stop(): void {
    close();
}

/** A clip is being erased: it stops, and where it stood is forgotten. */
export function forget(release: string): void {
    refuse(release);
    void keepPosition(release, undefined);
}

function close(): void {
    const element = playing.value?.element;
    ticket = undefined;
    playing.value = undefined;
    paused.value = true;
    if (!element) return;
    element.onplay =
        element.onpause =
        element.ontimeupdate =
        element.onended =
        element.onerror =
        element.ondurationchange =
            null;
    element.pause();
    element.removeAttribute("src");
    element.load();
    if ("mediaSession" in navigator) {
        navigator.mediaSession.metadata = null;
        navigator.mediaSession.playbackState = "none";
    }
}

export function toggle(): void {
    const element = playing.value?.element;
    if (element?.paused) void element.play();
    else element?.pause();
}

export function seek(to: number): void {
    const element = playing.value?.element;
    if (element) element.currentTime = Math.max(0, Math.min(to, length.value));
}

export function changeSpeed(to: number): void {
    speed.value = to;
    const element = playing.value?.element;
    if (element) element.playbackRate = to;
}

async function resumeAt(element: HTMLMediaElement, release: string): Promise<void> {
    const kept = (await readValue<Record<string, number>>(database(), "positions"))?.[release] ?? 0;
    if (kept < 1 || (length.value > 0 && kept > length.value - NEAR_END)) return;
    const resume = () => {
        element.currentTime = kept;
    };
    if (element.readyState > 0) resume();
    else element.addEventListener("loadedmetadata", resume, { once: true });
}

let kept = 0;

/** Written every other second; `undefined` forgets. */
async function keepPosition(release: string, at: number | undefined): Promise<void> {
    if (at && Math.abs(at - kept) < 2) return;
    kept = at ?? 0;
    // Where it stood is not worth more than what plays: a phone that is full forgets it.
    await changeValue<Record<string, number>>(database(), "positions", (before = {}) => {
        const { [release]: _, ...others } = before;
        return at === undefined ? others : { ...others, [release]: at };
    }).catch(() => {});
}

/** Headset and lock screen: they steer, and say the app's own name and nothing of the clip. */
function tellHeadset(): void {
    if (!("mediaSession" in navigator)) return;
    const { mediaSession } = navigator;
    mediaSession.metadata = new MediaMetadata({ title: settings.value.name });
    const actions: [MediaSessionAction, () => void][] = [
        ["play", toggle],
        ["pause", toggle],
        ["stop", stop],
        ["seekbackward", () => seek(position.value - 15)],
    ];
    for (const [action, handler] of actions) {
        try {
            mediaSession.setActionHandler(action, handler);
        } catch {
            // A browser that does not know the action has no button for it.
        }
    }
}

export function beginListening(): void {
    navigator.serviceWorker?.addEventListener("message", (event) => void give(event));
    // A headset that drops must not leave the voice to the loudspeaker, beside whoever is in the room.
    navigator.mediaDevices?.addEventListener?.("devicechange", () => playing.value?.element.pause());
}

/** Gives the worker a piece of what is being played now, and of nothing else. */
async function give(event: MessageEvent): Promise<void> {
    const { play: name, from, to } = event.data as { play?: string; from: number; to: number };
    const [port] = event.ports;
    if (!name || !port) return;
    const mine = ticket;
    try {
        if (mine?.name !== name) throw new Error(said.value.notNow.over);
        const sitting = await mine.sitting;
        const bytes = await sitting.read(from, to);
        port.postMessage({ bytes: bytes.buffer, length: sitting.length, type: sitting.type }, [bytes.buffer]);
    } catch {
        port.postMessage(undefined);
        if (ticket === mine && playing.value) refuse(playing.value.release);
    }
}
