// Today: what waits, what ends soon, and everybody.

import { useState } from "preact/hooks";
import type { Client, Clip, Duties, Duty, Release } from "../api/answers";
import { get, post } from "../api/rest";
import { isOver } from "../client/case";
import { UnsentList } from "../kept/unsent_list";
import { type Loaded, useLoaded } from "../loaded";
import { Dialog, Empty, Initials, Title, useDoing, Waiting } from "../parts";
import { go, type Tab } from "../place";
import { session } from "../session";
import { words } from "../strings";
import { saysWhen } from "../when";
import { Field } from "../../../ui/parts";

const WEEK = 7 * 86_400_000;
/** Letters of this time are among what waits: a therapist may have been away. */
const LETTERS_FOR = 2 * WEEK;
const EVERY = 60_000;
/** How many clients are asked about at a time: a caseload is not a burst. */
const AT_ONCE = 4;

interface Day { clients: Client[]; duties: Duty[]; more: boolean; endings: Ending[]; titles: Map<string, string> }
interface Ending { client: string; title: string; at: string; release: string }

export function Today() {
    const said = words.value.today;
    const day = useLoaded("today", readDay, EVERY);
    return (
        <div class="page">
            <Title>{said.title(session.value!.name.split(" ")[0]!)}</Title>
            <Waiting for={day}>
                {(found) => (
                    <div class="desk">
                        <div class="stack far">
                            <UnsentList />
                            <Waits day={found} again={day.again} />
                            <Endings day={found} />
                        </div>
                        <Caseload of={found.clients} day={day} />
                    </div>
                )}
            </Waiting>
        </div>
    );
}

function Waits({ day, again }: { day: Day; again(): Promise<void> }) {
    const said = words.value.today;
    return (
        <section class="stack near">
            <h2>{said.waits}</h2>
            {day.duties.length === 0 && <Empty title={said.nothing}><p>{said.nothingWords}</p></Empty>}
            <ul class="duties">{day.duties.map((duty, at) => <li key={at}><DutyLine duty={duty} day={day} again={again} /></li>)}</ul>
            {day.more && <p class="note">{said.more}</p>}
        </section>
    );
}

function DutyLine({ duty, day, again }: { duty: Duty; day: Day; again(): Promise<void> }) {
    const said = words.value.today;
    const { busy, trouble, run } = useDoing();
    if (duty.kind === "confirm_restore") {
        const confirm = () => run(async () => { await post("/v1/practice/restore-confirmation"); await again(); });
        return (
            <div class="duty">
                <p class="grow">{said.duty.restore} {trouble}</p>
                <button type="button" class="button soft" disabled={busy} onClick={confirm}>{words.value.clips.confirm}</button>
            </div>
        );
    }
    const name = day.clients.find((client) => client.client === duty.client)?.name ?? "…";
    return (
        <button type="button" class="duty" onClick={() => go({ at: "client", client: duty.client, tab: tabOf(duty) })}>
            <Initials name={name} />
            <span class="grow"><b>{name}</b> <span>{saysDuty(duty, day)}</span></span>
            {duty.kind === "read_letter" && <span class="note">{saysWhen(duty.received_at, words.value)}</span>}
            <span class="onward" aria-hidden="true">›</span>
        </button>
    );
}

function saysDuty(duty: Exclude<Duty, { kind: "confirm_restore" }>, day: Day): string {
    const said = words.value.today;
    const title = (release: string) => day.titles.get(release) ?? said.aClip;
    switch (duty.kind) {
        case "confirm_release": return said.duty.confirmRelease(title(duty.release));
        case "ask_consent": return said.duty.askConsent(title(duty.release));
        case "confirm_device": return said.duty.confirmDevice;
        case "await_wipe": return said.duty.awaitWipe(title(duty.release), saysWhen(duty.dark_by, words.value));
        case "read_letter":
            if (duty.says === "return") return said.duty.return(duty.release ? day.titles.get(duty.release) : undefined);
            return duty.says === "request" ? said.duty.request : said.duty.letter;
    }
}

function tabOf(duty: Duty): Tab {
    if (duty.kind === "read_letter") return "letters";
    if (duty.kind === "confirm_device") return "phones";
    return duty.kind === "ask_consent" ? "sessions" : "clips";
}

function Endings({ day }: { day: Day }) {
    const said = words.value.today;
    return (
        <section class="stack near">
            <h2>{said.endings}</h2>
            {day.endings.length === 0 && <p class="note">{said.noEndings}</p>}
            <ul class="duties">
                {day.endings.map((ending) => {
                    const name = day.clients.find((client) => client.client === ending.client)?.name ?? "…";
                    return (
                        <li key={ending.release}>
                            <button type="button" class="duty" onClick={() => go({ at: "client", client: ending.client, tab: "clips" })}>
                                <Initials name={name} />
                                <span class="grow"><b>{name}</b> <span>{said.ends(ending.title, saysWhen(ending.at, words.value))}</span></span>
                                <span class="onward" aria-hidden="true">›</span>
                            </button>
                        </li>
                    );
                })}
            </ul>
        </section>
    );
}

function Caseload({ of, day }: { of: Client[]; day: Loaded<Day> }) {
    const said = words.value.today;
    const [find, setFind] = useState("");
    const [adding, setAdding] = useState(false);
    const sorted = [...of].sort((a, b) => a.name.localeCompare(b.name, words.value.locale));
    const shown = sorted.filter(({ name }) => name.toLocaleLowerCase().includes(find.trim().toLocaleLowerCase()));
    return (
        <section class="stack near">
            <div class="row">
                <h2 class="grow">{said.people}</h2>
                <button type="button" class="button soft small" onClick={() => setAdding(true)}>{said.add}</button>
            </div>
            {of.length === 0 && <Empty title={said.nobody}><p>{said.nobodyWords}</p></Empty>}
            {of.length > 5 && <Field label={said.find} value={find} change={setFind} attributes={{ type: "search", autocomplete: "off" }} />}
            <ul class="duties">
                {shown.map(({ client, name }) => (
                    <li key={client}>
                        <button type="button" class="duty" onClick={() => go({ at: "client", client, tab: "clips" })}>
                            <Initials name={name} /><span class="grow">{name}</span><span class="onward" aria-hidden="true">›</span>
                        </button>
                    </li>
                ))}
            </ul>
            {of.length > 0 && shown.length === 0 && <p class="note">{said.noneFound}</p>}
            {adding && <NewClient close={() => setAdding(false)} done={() => { setAdding(false); void day.again(); }} />}
        </section>
    );
}

function NewClient({ close, done }: { close(): void; done(): void }) {
    const { today: said, cancel } = words.value;
    const [name, setName] = useState("");
    const { busy, trouble, run } = useDoing();
    const save = (event: Event) => {
        event.preventDefault();
        run(async () => {
            await post("/v1/clients", { name: name.trim() }, crypto.randomUUID());
            done();
        });
    };
    return (
        <Dialog title={said.add} close={close}>
            <form class="stack" onSubmit={save}>
                <Field label={said.name} hint={said.nameHint} value={name} change={setName} attributes={{ required: "true", maxlength: "200", autocomplete: "off" }} />
                <p class="says" role="alert">{trouble}</p>
                <footer class="row end">
                    <button type="button" class="button quiet" onClick={close}>{cancel}</button>
                    <button type="submit" class="button" disabled={busy}>{said.added}</button>
                </footer>
            </form>
        </Dialog>
    );
}

async function readDay(): Promise<Day> {
    const since = new Date(Date.now() - LETTERS_FOR).toISOString();
    const [{ clients }, page] = await Promise.all([
        get<{ clients: Client[] }>("/v1/clients"),
        get<Duties>(`/v1/duties?letters_since=${encodeURIComponent(since)}`),
    ]);
    const shared: { client: string; releases: Release[]; clips: Clip[] }[] = [];
    const left = [...clients];
    const readOne = async (): Promise<void> => {
        for (let next = left.shift(); next; next = left.shift()) {
            const { client } = next;
            const at = `/v1/clients/${client}`;
            const [{ releases }, { clips }] = await Promise.all([get<{ releases: Release[] }>(`${at}/releases`), get<{ clips: Clip[] }>(`${at}/clips`)]);
            shared.push({ client, releases, clips });
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, readOne));
    const titles = new Map<string, string>();
    const endings: Ending[] = [];
    for (const { client, releases, clips } of shared) {
        for (const release of releases) {
            const title = clips.find((clip) => clip.clip === release.clip)?.title ?? words.value.today.aClip;
            titles.set(release.release, title);
            const at = release.terms?.expires_at;
            if (at && !isOver(release) && Date.parse(at) - Date.now() < WEEK) endings.push({ client, title, at, release: release.release });
        }
    }
    endings.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    return { clients, duties: page.duties, more: page.next !== null && page.next !== undefined, endings, titles };
}
