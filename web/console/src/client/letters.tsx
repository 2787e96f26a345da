// Letters from the phone: what always arrives, whatever else is shared.

import type { Letter } from "../api/answers";
import { get } from "../api/rest";
import { LIVE, useLoaded } from "../loaded";
import { Empty, Waiting } from "../parts";
import { words } from "../strings";
import { saysWhen } from "../when";
import type { Case } from "./case";

/** An instant of the phone's is worth saying where it is not that of the arrival. */
const APART = 5 * 60_000;

export function Letters({ of }: { of: Case }) {
    const said = words.value.letters;
    const { client, name } = of.client;
    const letters = useLoaded(`letters ${client}`, async () => (await get<{ letters: Letter[] }>(`/v1/clients/${client}/letters`)).letters, LIVE);
    return (
        <Waiting for={letters}>
            {(found) => (
                <div class="stack">
                    <h2>{said.title}</h2>
                    {found.length === 0 && <Empty title={said.none}><p>{said.noneWords(name)}</p></Empty>}
                    {found.map((letter) => <One key={letter.letter} letter={letter} of={of} />)}
                </div>
            )}
        </Waiting>
    );
}

function One({ letter, of }: { letter: Letter; of: Case }) {
    const said = words.value.letters;
    const release = of.releases.find((one) => one.release === letter.release);
    const title = of.clips.find((clip) => clip.clip === release?.clip)?.title;
    const apart = Math.abs(Date.parse(letter.received_at) - Date.parse(letter.at)) > APART;
    return (
        <article class="card stack near">
            <header class="row">
                <h3 class="grow">{letter.kind === "return" ? said.return(of.client.name, title) : said.request(of.client.name)}</h3>
                <p class="note">{[apart && said.written(saysWhen(letter.at, words.value)), said.arrived(saysWhen(letter.received_at, words.value))].filter(Boolean).join(" · ")}</p>
            </header>
            {letter.kind === "request" && title && <p class="note">{said.about(title)}</p>}
            {letter.words ? <blockquote class="letter">{letter.words}</blockquote> : <p class="note">{letter.kind === "return" ? said.returnWords : said.noWords}</p>}
        </article>
    );
}
