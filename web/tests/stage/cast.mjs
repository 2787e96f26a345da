// A story's cast: a server with a therapist and a client of its own, and the phones and desks around it. A story opens it
// before anything else, and it goes at the story's end, whatever comes. So no story knows what another has left.

import { Desk } from "./desk.mjs";
import { Phone } from "./phone.mjs";
import { Stage } from "./stage.mjs";

export class Cast {
    stage;
    #open = [];

    static async open(...more) {
        const cast = new Cast();
        cast.stage = await Stage.open(...more);
        cast.#open.push(cast.stage);
        return cast;
    }

    /** The last one to come goes first, and the stage is the last to go; what the first one complains of is told. */
    async close() {
        const complaints = [];
        for (const one of this.#open.splice(0).reverse()) await one.close().catch((error) => complaints.push(error));
        if (complaints.length > 0) throw complaints[0];
    }

    async phone(options) {
        return this.closes(await Phone.open(this.stage.base, options));
    }

    async desk(options) {
        return this.closes(await Desk.open(this.stage, options));
    }

    /** Has something else closed before the stage is. */
    closes(one) {
        this.#open.push(one);
        return one;
    }

    /** A phone that is connected, confirmed by the therapist, and has a clip, ready. */
    async phoneWith(terms, { share, ...options } = {}) {
        const phone = await this.phone(options);
        await phone.pair(await this.stage.ask("invite"), { share });
        await this.stage.ask("confirm");
        const release = await this.stage.release(terms);
        await phone.page.reload();
        await phone.ready();
        return { phone, release };
    }

    /** What the therapist knows of a clip, on whichever phone. */
    async knows(release, state) {
        const { devices } = await this.stage.ask("truth", { release });
        return devices.some(({ known }) => known === state);
    }

    /** The client says to the staff that they no longer agree to this. */
    async saysInTheRoom(purpose) {
        const { recording } = await this.stage.ask("case");
        const told = await this.stage.ask("call", { method: "GET", path: `/v1/recordings/${recording}` });
        const { participant } = told.participants.find(({ kind }) => kind === "client");
        const path = `/v1/recordings/${recording}/withdrawals`;
        await this.stage.ask("call", { method: "POST", path, body: { participant, purposes: [purpose] } });
    }
}
