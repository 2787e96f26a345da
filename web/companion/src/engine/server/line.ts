// The line to the server: one socket at a time, opened anew when it was lost.

import type { Documents, Told } from "#bridge";
import { type Api, NoAnswer } from "../api";
import { Socket } from "./socket";

/** Whoever speaks on the line. */
export interface Speaker {
    run<T>(step: () => T | Promise<T>): Promise<T>;
    documents(): Documents;
    greeted(storage: string): void;
    told(told: Told): Promise<void>;
    /** The line is there, or is not any more: look again. */
    changed(): void;
    /** The line was lost, or there is none. */
    lost(): void;
    /** The server lets this phone in no more: why is said under its signature, to who asks. */
    refused(): void;
}

export class Line {
    readonly #api: Api;
    readonly #speaker: Speaker;
    #socket: Socket | undefined;
    #connecting = false;
    #given = false;
    #heardAt = performance.now();

    constructor(api: Api, speaker: Speaker) {
        this.#api = api;
        this.#speaker = speaker;
    }

    async connect(): Promise<void> {
        if (this.#socket || this.#connecting || this.#given) return;
        this.#connecting = true;
        try {
            const socket: Socket = await Socket.open(this.#api, {
                run: (step) => this.#speaker.run(step),
                documents: () => this.#speaker.documents(),
                greeted: (storage) => this.#speaker.greeted(storage),
                told: (told) => this.#speaker.told(told),
                heard: () => {
                    this.#heardAt = performance.now();
                },
                closed: () => {
                    // One that was given up for another is nobody's line any more.
                    if (this.#socket !== socket) return;
                    this.#socket = undefined;
                    this.#speaker.changed();
                    if (!this.#given) this.#speaker.lost();
                },
            });
            this.#socket = socket;
            this.#heardAt = performance.now();
            // Given up while it was being opened.
            if (this.#given) this.#socket.close();
            this.#speaker.changed();
        } catch (error) {
            if (this.#given) return;
            if (error instanceof NoAnswer && error.code === "device_removed") this.#speaker.refused();
            this.#speaker.lost();
        } finally {
            this.#connecting = false;
        }
    }

    /**
     * Opens the line anew. A socket whose network has gone does not say so, and closing it waits for an answer that does
     * not come: it is left to itself.
     */
    async renew(): Promise<void> {
        const old = this.#socket;
        this.#socket = undefined;
        old?.close();
        await this.connect();
    }

    /** How long nothing was heard on a line that stands open, in milliseconds. */
    silence(): number {
        return this.#socket ? performance.now() - this.#heardAt : 0;
    }

    /** Says what there is to say, if anybody hears. */
    tell(): void {
        this.#socket?.tell();
    }

    /** Whether shelf and journal are as the server has them. */
    isLevel(): boolean {
        return this.#socket?.isLevel() ?? false;
    }

    isConnected(): boolean {
        return this.#socket !== undefined;
    }

    close(): void {
        this.#socket?.close();
    }

    /** Closes for good: somebody else drives. */
    giveUp(): void {
        this.#given = true;
        this.#socket?.close();
    }
}
