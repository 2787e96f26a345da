// Reads what a desk needs without a network, quietly, after somebody has signed in: everybody's clips, sessions, letters, phones.
// Notes and the words of a clip are kept when somebody has looked at them: their reading is audited.

import type { Client } from "../api/answers";
import { get, NoContact, Refusal } from "../api/rest";
import { isLeaving, kept } from "./keeping";
import { eraseClient, OF_EACH } from "./of_client";

const ALL = "gathered";

export async function gather(): Promise<void> {
    const vault = kept();
    if (!vault || isLeaving()) return;
    try {
        const { clients } = await get<{ clients: Client[] }>("/v1/clients");
        if (kept() !== vault) return;
        const ids = clients.map((client) => client.client);
        // Who is not treated here any more is not kept here any more.
        for (const id of (await vault.read<string[]>(ALL)) ?? []) if (!ids.includes(id)) await eraseClient(vault, id);
        await vault.write(ALL, ids);
        await get("/v1/forms").catch(quiet);
        for (const id of ids)
            for (const what of OF_EACH) if (kept() === vault) await get(`/v1/clients/${id}${what}`).catch(quiet);
    } catch (error) {
        // A desk that was locked meanwhile gathers nothing any more.
        if (kept() === vault) quiet(error);
    }
}

function quiet(error: unknown): void {
    if (!(error instanceof NoContact) && !(error instanceof Refusal)) throw error;
}
