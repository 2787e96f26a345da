// Who is on the stage: phones of a test's own, closed at its end, whatever comes.

import { Phone } from "./phone.mjs";

export class Cast {
    #stage;

    constructor(stage) {
        this.#stage = stage;
    }

    async phoneOf(t, options) {
        const phone = await Phone.open(this.#stage.base, options);
        t.after(() => phone.close());
        return phone;
    }

    /** A phone that is connected, confirmed by the therapist, and has a clip, ready. */
    async phoneWith(t, terms, { share, ...options } = {}) {
        const phone = await this.phoneOf(t, options);
        await phone.pair(await this.#stage.ask("invite"), { share });
        await this.#stage.ask("confirm");
        const release = await this.#stage.release(terms);
        // No test's clip is on another test's shelf.
        t.after(() => this.#stage.ask("revoke", { release }));
        // Nor what one shares on all the phones of the tests after it: they are the same person's.
        if (share) t.after(() => this.saysInTheRoom("share_practice_data"));
        await phone.page.reload();
        await phone.ready();
        return { phone, release };
    }

    /** The client says to the staff that they no longer agree to this. */
    async saysInTheRoom(purpose) {
        const { recording } = await this.#stage.ask("case");
        const told = await this.#stage.ask("call", { method: "GET", path: `/v1/recordings/${recording}` });
        const { participant } = told.participants.find(({ kind }) => kind === "client");
        const path = `/v1/recordings/${recording}/withdrawals`;
        await this.#stage.ask("call", { method: "POST", path, body: { participant, purposes: [purpose] } });
    }
}
