// One connection for sync: a single-use ticket, a socket, frames in and out.

import { Connection, type Documents, type Told } from "#bridge";
import { random, toBase64 } from "../../../../ui/bytes";
import type { Api } from "../api";

/** What an engine does with what it is told on the socket. */
export interface Listener {
    /** Runs a step when nothing else does. */
    run<T>(step: () => T | Promise<T>): Promise<T>;
    documents(): Documents;
    /** The server has greeted under this storage id, before anything is said of documents. */
    greeted(storage: string): void;
    /** Shelf or journal have changed, or something was acknowledged. */
    told(told: Told): Promise<void>;
    /** Something has come: there is somebody at the other end. */
    heard(): void;
    closed(): void;
}

/** A network that swallows what is sent is not waited for longer. */
const PATIENCE = 30_000;

export class Socket {
    readonly #socket: WebSocket;
    readonly #connection: Connection;
    readonly #listener: Listener;

    private constructor(socket: WebSocket, connection: Connection, listener: Listener) {
        this.#socket = socket;
        this.#connection = connection;
        this.#listener = listener;
    }

    /** Connects; throws when there is no contact. */
    static async open(api: Api, listener: Listener): Promise<Socket> {
        const { ticket } = await api.json<{ ticket: string }>("POST", "/v1/sync-tickets");
        const address = new URL(`/v1/sync/${ticket}`, location.href);
        address.protocol = address.protocol.replace("http", "ws");
        const name = `companion-${toBase64(random(9))}`;
        const raw = new WebSocket(address);
        raw.binaryType = "arraybuffer";
        await new Promise((resolve, reject) => {
            raw.onopen = resolve;
            raw.onerror = reject;
            raw.onclose = reject;
            setTimeout(reject, PATIENCE);
        }).catch((error: unknown) => {
            raw.close();
            throw error;
        });
        const socket = new Socket(raw, new Connection(name), listener);
        raw.onmessage = (event) => {
            listener.heard();
            // Somebody else drives, or the next contact does what was not finished here.
            void listener.run(() => socket.#hear(new Uint8Array(event.data as ArrayBuffer))).catch(() => {});
        };
        raw.onerror = raw.onclose = () => listener.closed();
        raw.send(Connection.join(name) as Uint8Array<ArrayBuffer>);
        return socket;
    }

    async #hear(frame: Uint8Array): Promise<void> {
        let told: Told;
        try {
            told = this.#connection.hear(this.#listener.documents(), frame);
        } catch {
            return this.close();
        }
        if (told.greeted !== undefined) {
            this.#listener.greeted(told.greeted);
            this.tell();
        }
        this.#send(told.frames);
        await this.#listener.told(told);
        if (told.withheld || told.left) this.close();
    }

    /** Says what there is to say: something was written here. */
    tell(): void {
        this.#send(this.#connection.tell(this.#listener.documents()));
    }

    isLevel(): boolean {
        return this.#connection.is_level(this.#listener.documents());
    }

    close(): void {
        this.#socket.close();
    }

    #send(frames: Uint8Array[]): void {
        if (this.#socket.readyState !== WebSocket.OPEN) return;
        for (const frame of frames) this.#socket.send(frame as Uint8Array<ArrayBuffer>);
    }
}
