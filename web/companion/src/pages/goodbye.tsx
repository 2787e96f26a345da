// What a clip leaves when it ends. Every kind of ending looks like this.

import { useEffect, useState } from "preact/hooks";
import { capital } from "../../../ui/capital";
import { useSession } from "../context";
import { readParting } from "../engine/clips/vault";
import { go, turn } from "../place";
import { Breathing } from "../screens/orb";
import { Page } from "../screens/page";

export function Goodbye({ release }: { release: string }) {
    const session = useSession();
    const { goodbye } = session.words.value;
    const [note, setNote] = useState<string>();
    useEffect(() => void readParting(session.db, release).then(setNote), [release]);
    const done = async () => {
        await session.shelf.dropParting(release);
        turn({ at: "home" });
    };
    return (
        <Page title={goodbye.title}>
            <p>{capital(goodbye.note(session.therapist.value))}</p>
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
