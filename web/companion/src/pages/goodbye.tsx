// What a clip leaves when it ends. Every kind of ending looks like this.

import { useEffect, useState } from "preact/hooks";
import { readParting } from "../engine/clips/vault";
import { go, turn } from "../place";
import { Breathing } from "../screens/orb";
import { capital, Page } from "../screens/page";
import { database, partings, therapist, words } from "../session/session";

export function Goodbye({ release }: { release: string }) {
    const { goodbye } = words.value;
    const [note, setNote] = useState<string>();
    useEffect(() => void readParting(database(), release).then(setNote), [release]);
    const done = async () => {
        await database().delete("partings", release);
        partings.value = partings.value.filter((one) => one !== release);
        turn({ at: "home" });
    };
    return (
        <Page title={goodbye.title}>
            <p>{capital(goodbye.note(therapist.value))}</p>
            <blockquote class="letter">{note}</blockquote>
            <Breathing />
            <div class="stack foot">
                <button type="button" class="button wide" onClick={() => void done()}>
                    {goodbye.read}
                </button>
                <button type="button" class="button quiet" onClick={() => go({ at: "help" })}>
                    {goodbye.contact}
                </button>
            </div>
        </Page>
    );
}
