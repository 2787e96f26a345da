// What the server knows of this phone's person, and what they may ask of it: for themself alone.

import type { components } from "#api";
import type { Api } from "./api";

type Schemas = components["schemas"];

/** Who belongs to this phone, as the server tells it. */
export type Circle = Schemas["CircleAnswer"];
/** A code for the next phone. */
export type MoveCode = Schemas["InvitationAnswer"];
export type Purpose = Schemas["Purpose"];
/** Something that somebody did, on a day and at no hour. */
export type Deed = Schemas["DeedAnswer"];
export type Session = Schemas["SessionAnswer"];
export type Sessions = Schemas["SessionsAnswer"];

export class Account {
    readonly #api: Api;

    constructor(api: Api) {
        this.#api = api;
    }

    circle(): Promise<Circle> {
        return this.#api.json("GET", "/v1/device/circle");
    }

    /** Tells what hour it is here, and not where that is. */
    async tellLocalTime(local: Schemas["LocalTime"]): Promise<void> {
        await this.#api.json("PUT", "/v1/device/local-time", local);
    }

    /** Removes another phone of the person's own: one that was lost. */
    async removePhone(device: string): Promise<void> {
        await this.#api.json("DELETE", `/v1/device/circle/devices/${device}`);
    }

    /** Makes a code for the next phone; the one that was made here before is void. */
    moveCode(): Promise<MoveCode> {
        return this.#api.json("POST", "/v1/device/pairing-codes");
    }

    async history(): Promise<Deed[]> {
        return (await this.#api.json<{ deeds: Deed[] }>("GET", "/v1/device/history")).deeds;
    }

    sessions(): Promise<Sessions> {
        return this.#api.json("GET", "/v1/device/sessions");
    }

    /** Takes back what they agreed to about a session. */
    async changeMind(recording: string): Promise<void> {
        await this.#api.json("POST", `/v1/device/sessions/${recording}/withdrawal`);
    }
}
