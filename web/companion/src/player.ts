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
import type { Session } from "./session/session";
import { isNight } from "./when";

export interface Playing {
    release: string;
    words: Words | undefined;
    element: HTMLMediaElement;
}

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
    /** Aborted when it is not listened to any more. */
    over: AbortController;
}

export class Player {
    readonly playing = signal<Playing | undefined>(undefined);
    readonly paused = signal(true);
    readonly position = signal(0);
    readonly length = signal(0);
    readonly speed = signal(1);
    readonly #session: Session;
    #ticket: Ticket | undefined;
    /** The position that was written last. */
    #kept = 0;

    constructor(session: Session) {
        this.#session = session;
    }

    /** Listens for the worker that asks, and for headsets. */
    begin(): void {
        navigator.serviceWorker?.addEventListener("message", (event) => void this.#give(event));
        // A headset that drops must not leave the voice to the loudspeaker, beside whoever is in the room.
        navigator.mediaDevices?.addEventListener?.("devicechange", () => this.playing.value?.element.pause());
    }

    /** Begins to play, in the tap that asks for it: a later one would not be let through. */
    play(release: string, words: Words | undefined): void {
        this.stop();
        const { engine } = this.#session;
        if (!engine) return;
        const isVideo = words?.media_type.startsWith("video/") ?? false;
        const element = document.createElement(isVideo ? "video" : "audio");
        if (element instanceof HTMLVideoElement) element.playsInline = true;
        element.preload = "auto";
        const mine = { name: toBase64(random(12)), heard: 0, at: 0, counted: false, over: new AbortController() };
        const sitting = engine.sit(release, () => mine.counted);
        const ticket = Object.assign(mine, { sitting });
        this.#ticket = ticket;
        sitting.catch(() => this.#refuse(release));
        this.position.value = 0;
        this.length.value = (words?.duration ?? 0) / 1_000;
        this.playing.value = { release, words, element };
        this.#watch(element, ticket, release);
        element.src = `/play/${ticket.name}`;
        element.playbackRate = this.speed.value;
        void this.#resumeAt(element, release);
        element.play().catch(() => {
            this.paused.value = true;
        });
        this.#tellHeadset();
        go({ at: "clip", release });
    }

    /** Stops, and leaves nothing of the media behind. */
    stop(): void {
        const element = this.playing.value?.element;
        this.#ticket?.over.abort();
        this.#ticket = undefined;
        this.playing.value = undefined;
        this.paused.value = true;
        if (!element) return;
        element.pause();
        element.removeAttribute("src");
        element.load();
        if ("mediaSession" in navigator) {
            navigator.mediaSession.metadata = null;
            navigator.mediaSession.playbackState = "none";
        }
    }

    /** A clip is being erased: it stops, and where it stood is forgotten. */
    forget(release: string): void {
        this.#refuse(release);
        void this.#keepPosition(release, undefined);
    }

    toggle(): void {
        const element = this.playing.value?.element;
        if (element?.paused) void element.play();
        else element?.pause();
    }

    seek(to: number): void {
        const element = this.playing.value?.element;
        if (element) element.currentTime = Math.max(0, Math.min(to, this.length.value));
    }

    changeSpeed(to: number): void {
        this.speed.value = to;
        const element = this.playing.value?.element;
        if (element) element.playbackRate = to;
    }

    #watch(element: HTMLMediaElement, mine: Ticket, release: string): void {
        const { signal } = mine.over;
        const on = (event: string, then: () => void) => element.addEventListener(event, then, { signal });
        const turned = () => {
            this.paused.value = element.paused;
            if ("mediaSession" in navigator)
                navigator.mediaSession.playbackState = element.paused ? "paused" : "playing";
        };
        on("play", turned);
        on("pause", turned);
        on("durationchange", () => {
            if (Number.isFinite(element.duration)) this.length.value = element.duration;
        });
        on("timeupdate", () => this.#heard(element, mine, release));
        on("ended", () => void this.#end(mine, release));
        on("error", () => this.#refuse(release));
    }

    #heard(element: HTMLMediaElement, mine: Ticket, release: string): void {
        const step = element.currentTime - mine.at;
        // A jump is no listening.
        if (step > 0 && step < 2) mine.heard += step * 1_000;
        mine.at = element.currentTime;
        this.position.value = element.currentTime;
        void this.#keepPosition(release, element.currentTime);
        const enough = mine.heard >= Math.min(COUNTS_FROM, (this.length.value * 1_000) / 4);
        if (enough) void this.#count(mine, release, false);
        // Rest may begin, or the end may come, while it plays.
        const access = this.#session.engine?.access(release).is;
        // The play that was the day's last is heard to its end.
        if (access !== "playable" && !(mine.counted && access === "dose_reached")) this.#refuse(release);
    }

    async #count(mine: Ticket, release: string, toTheEnd: boolean): Promise<void> {
        if (mine.counted) return;
        mine.counted = true;
        const { engine, settings } = this.#session;
        // Where there is no room to count it, it has been paid for all the same.
        await engine
            ?.played(release, mine.heard, this.length.value * 1_000, toTheEnd, settings.value.sharing)
            .catch(() => {});
    }

    /** The quiet end: no "again?", and one question, which can be left, and is not asked at night. */
    async #end(mine: Ticket, release: string): Promise<void> {
        await this.#count(mine, release, true);
        await this.#keepPosition(release, 0);
        const asks = this.#session.settings.value.sharing && !isNight();
        this.stop();
        if (place.value.at === "clip") turn(asks ? { at: "rate", release } : { at: "home" });
    }

    /** Whatever stands against it: one page for all. */
    #refuse(release: string): void {
        if (this.playing.value?.release !== release) return;
        this.stop();
        if (place.value.at === "clip") turn({ at: "not_now", release });
    }

    async #resumeAt(element: HTMLMediaElement, release: string): Promise<void> {
        const kept = (await readValue<Record<string, number>>(this.#session.db, "positions"))?.[release] ?? 0;
        const length = this.length.value;
        if (kept < 1 || (length > 0 && kept > length - NEAR_END)) return;
        const resume = () => {
            element.currentTime = kept;
        };
        if (element.readyState > 0) resume();
        else element.addEventListener("loadedmetadata", resume, { once: true });
    }

    /** Written every other second; `undefined` forgets. */
    async #keepPosition(release: string, at: number | undefined): Promise<void> {
        if (at && Math.abs(at - this.#kept) < 2) return;
        this.#kept = at ?? 0;
        // Where it stood is not worth more than what plays: a phone that is full forgets it.
        await changeValue<Record<string, number>>(this.#session.db, "positions", (before = {}) => {
            const { [release]: _, ...others } = before;
            return at === undefined ? others : { ...others, [release]: at };
        }).catch(() => {});
    }

    /** Headset and lock screen: they steer, and say the app's own name and nothing of the clip. */
    #tellHeadset(): void {
        if (!("mediaSession" in navigator)) return;
        const { mediaSession } = navigator;
        mediaSession.metadata = new MediaMetadata({ title: this.#session.settings.value.name });
        const actions: [MediaSessionAction, () => void][] = [
            ["play", () => this.toggle()],
            ["pause", () => this.toggle()],
            ["stop", () => this.stop()],
            ["seekbackward", () => this.seek(this.position.value - 15)],
        ];
        for (const [action, handler] of actions) {
            try {
                mediaSession.setActionHandler(action, handler);
            } catch {
                // A browser that does not know the action has no button for it.
            }
        }
    }

    /** Gives the worker a piece of what is being played now, and of nothing else. */
    async #give(event: MessageEvent): Promise<void> {
        const { play: name, from, to } = event.data as { play?: string; from: number; to: number };
        const [port] = event.ports;
        if (!name || !port) return;
        const mine = this.#ticket;
        try {
            if (mine?.name !== name) return port.postMessage(undefined);
            const sitting = await mine.sitting;
            const bytes = await sitting.read(from, to);
            port.postMessage({ bytes: bytes.buffer, length: sitting.length, type: sitting.type }, [bytes.buffer]);
        } catch {
            port.postMessage(undefined);
            if (this.#ticket === mine && this.playing.value) this.#refuse(this.playing.value.release);
        }
    }
}
