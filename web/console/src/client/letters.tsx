// Letters from the phone: what always arrives, whatever else is shared.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Letter } from "../api/answers";
import { get, NoContact, post, Refusal } from "../api/rest";
import type { Case } from "../case";
import { LIVE, useLoaded } from "../loaded";
import { Empty, Waiting } from "../parts/parts";
import { words } from "../strings";
import { saysWhen } from "../when";

/** An instant of the phone's is worth saying where it is not that of the arrival. */
const APART = 5 * 60_000;
/** How many letters the server marks at a time. */
const AT_ONCE = 100;

export function Letters({ of }: { of: Case }) {
    const said = words.value.letters;
    const { client, name } = of.client;
    const letters = useLoaded(
        `letters ${client}`,
        async () => (await get<{ letters: Letter[] }>(`/v1/clients/${client}/letters`)).letters,
        LIVE,
    );
    const fresh = useReading(client, letters.value);
    return (
        <Waiting for={letters}>
            {(found) => (
                <div class="stack">
                    <h2>{said.title}</h2>
                    {found.length === 0 && (
                        <Empty title={said.none}>
                            <p>{said.noneWords(name)}</p>
                        </Empty>
                    )}
                    {found.map((letter) => (
                        <One key={letter.letter} letter={letter} of={of} isNew={fresh.has(letter.letter)} />
                    ))}
                </div>
            )}
        </Waiting>
    );
}

/** Marks as read what is on the screen, for whoever sits here. What was new when this page was opened is shown as new until it is left. */
function useReading(client: string, shown: Letter[] | undefined): Set<string> {
    const [fresh, setFresh] = useState(new Set<string>());
    const busy = useRef(false);
    useEffect(() => {
        const unread = (shown ?? []).filter((letter) => letter.read === false).map((letter) => letter.letter);
        // A page in the background was not looked at: it is marked when it is read again, in a few seconds, in front.
        if (unread.length === 0 || document.visibilityState !== "visible") return;
        if (unread.some((letter) => !fresh.has(letter))) setFresh(new Set([...fresh, ...unread]));
        if (busy.current) return;
        busy.current = true;
        // What could not be marked stays a duty, and is marked with the next reading.
        void mark(client, unread)
            .catch(unlessUnanswered)
            .finally(() => {
                busy.current = false;
            });
    }, [shown]);
    return fresh;
}

async function mark(client: string, unread: string[]): Promise<void> {
    for (let from = 0; from < unread.length; from += AT_ONCE) {
        await post(`/v1/clients/${client}/letters/readings`, { letters: unread.slice(from, from + AT_ONCE) });
    }
}

function unlessUnanswered(error: unknown): void {
    if (!(error instanceof NoContact) && !(error instanceof Refusal)) throw error;
}

function One({ letter, of, isNew }: { letter: Letter; of: Case; isNew: boolean }) {
    const said = words.value.letters;
    const release = of.releases.find((one) => one.release === letter.release);
    const title = of.clips.find((clip) => clip.clip === release?.clip)?.title;
    const apart = Math.abs(Date.parse(letter.received_at) - Date.parse(letter.at)) > APART;
    return (
        <article class="card stack tight">
            <header class="row">
                <h3 class="grow">
                    {isNew && <span class="new">{said.isNew}</span>}{" "}
                    {letter.kind === "return" ? said.return(of.client.name, title) : said.request(of.client.name)}
                </h3>
                <p class="note">
                    {[
                        apart && said.written(saysWhen(letter.at, words.value)),
                        said.arrived(saysWhen(letter.received_at, words.value)),
                    ]
                        .filter(Boolean)
                        .join(" · ")}
                </p>
            </header>
            {letter.kind === "request" && title && <p class="note">{said.about(title)}</p>}
            {letter.words ? (
                <blockquote class="letter">{letter.words}</blockquote>
            ) : (
                <p class="note">{letter.kind === "return" ? said.returnWords : said.noWords}</p>
            )}
        </article>
    );
}
