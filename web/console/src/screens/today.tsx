// Today: what is to do, what ends soon, and everybody. A line for each client, and few questions to the server, however many
// clients there are: this page stands open all day.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Client, Duty, Ending } from "../api/answers";
import { get, getAll, NoContact, post, Refusal } from "../api/rest";
import { type Loaded, useLoaded } from "../loaded";
import { shownFrom } from "../offline/keeping";
import { Empty, Initials, Title, useDoing, Waiting } from "../parts/parts";
import { go, type Tab } from "../place";
import { session } from "../session";
import { words } from "../strings";
import { saysWhen } from "../when";
import { DecideRestriction } from "./decide_restriction";
import { type Line, linesOf } from "./lines";
import { NewClient } from "./new_client";
import { UnsentList } from "./unsent_list";

const WEEK = 7 * 86_400_000;
const EVERY = 60_000;

/** What could not be read is missing, and is not nothing. */
interface Day {
    clients: Client[];
    duties: Duty[] | undefined;
    endings: Ending[] | undefined;
}

export function Today() {
    const said = words.value.today;
    const day = useLoaded("today", readDay, EVERY);
    return (
        <div class="page">
            <Title>{said.title(session.value!.name.split(" ")[0]!)}</Title>
            <Waiting for={day}>
                {(found) => (
                    <div class="desk">
                        <div class="stack loose">
                            <UnsentList />
                            <ToDo day={found} isOld={day.offline || day.refused !== undefined} again={day.again} />
                            <Endings day={found} again={day.again} />
                        </div>
                        <Caseload of={found.clients} day={day} />
                    </div>
                )}
            </Waiting>
        </div>
    );
}

function ToDo({ day, isOld, again }: { day: Day; isOld: boolean; again(): Promise<void> }) {
    const said = words.value.today;
    const lines = linesOf(day.duties ?? [], clientOf);
    // Only who has just read all of it may say that there is nothing.
    const isOfBefore = isOld || shownFrom.value !== undefined;
    return (
        <section class="stack tight">
            <h2>{said.toDo}</h2>
            {day.duties === undefined && <NotRead what={said.toDoNotRead} again={again} />}
            {day.duties?.length === 0 &&
                (isOfBefore ? (
                    <p class="note">{said.doneBefore}</p>
                ) : (
                    <Empty title={said.done}>
                        <p>{said.doneWords}</p>
                    </Empty>
                ))}
            <ul class="duties">
                {lines.map((line) => (
                    <li key={clientOf(line.first) ?? line.first.kind}>
                        <DutyLine line={line} day={day} again={again} />
                    </li>
                ))}
            </ul>
        </section>
    );
}

/** Something of the page could not be read, while the rest of it could. */
function NotRead({ what, again }: { what: string; again(): Promise<void> }) {
    return (
        <div class="trouble" role="status">
            <p>{what}</p>
            <button type="button" class="button quiet" onClick={() => void again()}>
                {words.value.trouble.again}
            </button>
        </div>
    );
}

/** What is about the whole practice is about no client. */
function clientOf(duty: Duty): string | undefined {
    return duty.kind === "confirm_restore" ? undefined : duty.client;
}

function DutyLine({ line: { first: duty, more }, day, again }: { line: Line<Duty>; day: Day; again(): Promise<void> }) {
    const said = words.value.today;
    const { busy, trouble, run } = useDoing();
    if (duty.kind === "confirm_restore") {
        const confirm = () =>
            run(async () => {
                await post("/v1/practice/restore-confirmation");
                await again();
            });
        return (
            <div class="duty">
                <p class="grow">
                    {said.duty.restore} {trouble}
                </p>
                <button type="button" class="button soft" disabled={busy} onClick={confirm}>
                    {words.value.clips.confirm}
                </button>
            </div>
        );
    }
    const name = nameOf(duty.client, day);
    if (duty.kind === "decide_restriction")
        return <DecideRestriction duty={duty} name={name} more={more} again={again} />;
    return (
        <button
            type="button"
            class={duty.urgency === "now" ? "duty urgent" : "duty"}
            onClick={() => go({ at: "client", client: duty.client, tab: tabOf(duty) })}
        >
            <Initials name={name} />
            <span class="grow">
                <b>{name}</b> <span>{saysDuty(duty)}</span>
                {more > 0 && <span class="note"> · {said.more(more)}</span>}
            </span>
            {duty.kind === "read_letter" && <span class="note">{saysWhen(duty.received_at, words.value)}</span>}
            <span class="onward" aria-hidden="true">
                ›
            </span>
        </button>
    );
}

function nameOf(client: string, day: Day): string {
    return day.clients.find((one) => one.client === client)?.name ?? "…";
}

function saysDuty(duty: Exclude<Duty, { kind: "confirm_restore" | "decide_restriction" }>): string {
    const said = words.value.today;
    const title = duty.title ?? said.aClip;
    switch (duty.kind) {
        case "confirm_release":
            return said.duty.confirmRelease(title);
        case "ask_consent":
            return said.duty.askConsent(title);
        case "confirm_device":
            return said.duty.confirmDevice;
        case "note_copy":
            return said.duty.noteCopy;
        case "note_deaf":
            return said.duty.noteDeaf;
        case "await_wipe":
            return said.duty.awaitWipe(title, saysWhen(duty.dark_by, words.value));
        case "read_letter":
            if (duty.says === "return") return said.duty.return(duty.title ?? undefined);
            return duty.says === "request" ? said.duty.request : said.duty.letter;
    }
}

function tabOf(duty: Duty): Tab {
    if (duty.kind === "read_letter") return "letters";
    if (["confirm_device", "note_copy", "note_deaf"].includes(duty.kind)) return "phones";
    return duty.kind === "ask_consent" ? "sessions" : "clips";
}

function Endings({ day, again }: { day: Day; again(): Promise<void> }) {
    const said = words.value.today;
    return (
        <section class="stack tight">
            <h2>{said.endings}</h2>
            {day.endings === undefined && <NotRead what={said.endingsNotRead} again={again} />}
            {day.endings?.length === 0 && <p class="note">{said.noEndings}</p>}
            <ul class="duties">
                {linesOf(day.endings ?? [], (ending) => ending.client).map(({ first: ending, more }) => {
                    const name = nameOf(ending.client, day);
                    const ends = said.ends(ending.title ?? said.aClip, saysWhen(ending.ends_at, words.value));
                    return (
                        <li key={ending.client}>
                            <button
                                type="button"
                                class="duty"
                                onClick={() => go({ at: "client", client: ending.client, tab: "clips" })}
                            >
                                <Initials name={name} />
                                <span class="grow">
                                    <b>{name}</b> <span>{ends}</span>
                                    {more > 0 && <span class="note"> · {said.more(more)}</span>}
                                </span>
                                <span class="onward" aria-hidden="true">
                                    ›
                                </span>
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
        <section class="stack tight">
            <div class="row">
                <h2 class="grow">{said.people}</h2>
                <button type="button" class="button soft small" onClick={() => setAdding(true)}>
                    {said.add}
                </button>
            </div>
            {of.length === 0 && (
                <Empty title={said.nobody}>
                    <p>{said.nobodyWords}</p>
                </Empty>
            )}
            {of.length > 5 && (
                <Field
                    label={said.find}
                    value={find}
                    change={setFind}
                    attributes={{ type: "search", autocomplete: "off" }}
                />
            )}
            <ul class="duties">
                {shown.map(({ client, name }) => (
                    <li key={client}>
                        <button type="button" class="duty" onClick={() => go({ at: "client", client, tab: "clips" })}>
                            <Initials name={name} />
                            <span class="grow">{name}</span>
                            <span class="onward" aria-hidden="true">
                                ›
                            </span>
                        </button>
                    </li>
                ))}
            </ul>
            {of.length > 0 && shown.length === 0 && <p class="note">{said.noneFound}</p>}
            {adding && (
                <NewClient
                    close={() => setAdding(false)}
                    done={() => {
                        setAdding(false);
                        void day.again();
                    }}
                />
            )}
        </section>
    );
}

async function readDay(): Promise<Day> {
    const before = new Date(Date.now() + WEEK).toISOString();
    const [{ clients }, duties, endings] = await Promise.all([
        get<{ clients: Client[] }>("/v1/clients"),
        ifRead(getAll<Duty, "duties">("/v1/duties", "duties")),
        ifRead(getAll<Ending, "endings">(`/v1/endings?before=${encodeURIComponent(before)}`, "endings")),
    ]);
    return { clients, duties, endings };
}

/** What cannot be read keeps nobody from their clients. */
async function ifRead<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
        return await reading;
    } catch (error) {
        if (error instanceof Refusal || error instanceof NoContact) return undefined;
        throw error;
    }
}
