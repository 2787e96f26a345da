// Cutting a clip: the recording is read here and stays here; the piece is cut, listened through, named, and only then sent.

import { useRef, useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Recording } from "../api/answers";
import { Refusal } from "../api/rest";
import { type UploadProgress, upload } from "../api/upload";
import { agrees, type Case, names, useCase, withoutRecord } from "../case";
import { faultsOf, useFaults } from "../faults";
import { BackToClient } from "../parts/back";
import { Checks, saysTrouble, Title, useDoing, Waiting } from "../parts/parts";
import { go } from "../place";
import { touch } from "../sign_in";
import { words } from "../strings";
import { saysDay } from "../when";
import { Listen } from "./listen";
import { Marking } from "./marking";
import { cutOut, open, type Piece } from "./media";
import { Record } from "./record";
import { begin, change, clear, type Work, work } from "./work";

export function Cut({ client, recording }: { client: string; recording?: string }) {
    const loaded = useCase(client);
    return (
        <div class="page">
            <Waiting for={loaded} page>
                {(of) => <Found of={of} wanted={recording} />}
            </Waiting>
        </div>
    );
}

function Found({ of, wanted }: { of: Case; wanted: string | undefined }) {
    const said = words.value.cut;
    const { client, name } = of.client;
    const mine = work.value?.client === client ? work.value : undefined;
    const [chosen, setChosen] = useState(wanted ?? mine?.recording ?? of.recordings[0]?.recording ?? "");
    const session = of.recordings.find((one) => one.recording === (mine?.recording ?? chosen));
    const missing = session ? withoutRecord(session) : [];
    const choose = (to: string) => {
        setChosen(to);
        change({ recording: to, heard: [] });
    };
    return (
        <>
            <BackToClient client={client} name={name} />
            <Title>{said.title}</Title>
            <p class="lead">{said.promise}</p>
            {session ? (
                <div class="stack loose">
                    <div class="two even">
                        <div class="field">
                            <label for="session">{said.session}</label>
                            <select
                                id="session"
                                value={session.recording}
                                onChange={(event) => choose(event.currentTarget.value)}
                            >
                                {of.recordings.map((one) => (
                                    <option key={one.recording} value={one.recording}>
                                        {saysSession(one)}
                                    </option>
                                ))}
                            </select>
                        </div>
                        {missing.length === 0 && <Choose client={client} recording={session.recording} has={mine} />}
                    </div>
                    {/* Said before any work is done: the server would take nothing of it. */}
                    {missing.length > 0 && (
                        <div class="card calm row" role="status">
                            <p class="grow">
                                {said.noRecord(
                                    names(
                                        missing,
                                        missing.map((one) => one.participant),
                                    ),
                                )}
                            </p>
                            <button
                                type="button"
                                class="button soft"
                                onClick={() => go({ at: "client", client, tab: "sessions" })}
                            >
                                {said.toPapers}
                            </button>
                        </div>
                    )}
                    {mine && missing.length === 0 && (
                        <Making key={mine.url} mine={mine} session={session} client={client} />
                    )}
                </div>
            ) : (
                <div class="card calm row">
                    <p class="grow">{said.noSession}</p>
                    <button
                        type="button"
                        class="button soft"
                        onClick={() => go({ at: "client", client, tab: "sessions" })}
                    >
                        {said.toSessions}
                    </button>
                </div>
            )}
        </>
    );
}

function Choose({ client, recording, has }: { client: string; recording: string; has: Work | undefined }) {
    const said = words.value.cut;
    const [trouble, setTrouble] = useState("");
    // After a desk was locked the field is empty, and the recording still here.
    const [isNamed, setIsNamed] = useState(false);
    const choose = async (file: File | undefined, spoken = false) => {
        if (!file) return;
        setIsNamed(!spoken);
        setTrouble("");
        try {
            begin(client, recording, file, await open(file));
            // Who has just spoken it means all of it.
            if (spoken) change({ end: work.value!.duration });
        } catch {
            setTrouble(said.unreadable);
        }
    };
    return (
        <div class="field">
            <label for="file">{said.file}</label>
            <input
                id="file"
                type="file"
                accept="audio/*,video/*"
                aria-describedby="file-hint"
                onChange={(event) => void choose(event.currentTarget.files?.[0])}
            />
            <small id="file-hint">{has && !isNamed ? has.file.name : said.chooseHint}</small>
            <p class="says" role="alert">
                {trouble}
            </p>
            {"MediaRecorder" in window && <Record recorded={(file) => choose(file, true)} />}
        </div>
    );
}

function Making({ mine, session, client }: { mine: Work; session: Recording; client: string }) {
    const said = words.value.cut;
    const [piece, setPiece] = useState<Piece | undefined>();
    const [heardAll, setHeardAll] = useState(false);
    const [sent, setSent] = useState<UploadProgress | undefined>();
    const stop = useRef<AbortController>(undefined);
    const { busy, trouble, run, say } = useDoing();
    // What was cut from other marks is not what these marks say.
    const changed = () => {
        setPiece(undefined);
        setHeardAll(false);
    };
    const page = useRef<HTMLDivElement>(null);
    const prepare = () => {
        const misread = page.current?.querySelector<HTMLElement>(".marking [aria-invalid=true]");
        return misread ? misread.focus() : cut();
    };
    const cut = () =>
        run(async () => {
            changed();
            try {
                setPiece(await cutOut(mine.file, mine.start, mine.end, mine.soundOnly));
            } catch {
                say(said.failed);
            }
        });
    const { form, faults, goesOn } = useFaults(() =>
        faultsOf({ title: mine.title.trim() ? undefined : said.nameMissing }),
    );
    const use = (event: Event) => {
        event.preventDefault();
        if (!goesOn()) return;
        if (mine.heard.length === 0) return say(said.heardMissing);
        if (!piece || !heardAll) return;
        run(async () => {
            stop.current = new AbortController();
            setSent({ part: 0, waiting: false });
            // A large piece on a slow line is no empty chair. One that waits for a network may be: names are not left on a
            // screen all night, and it goes on after whoever sat here has signed in again.
            const going = (to: UploadProgress) => {
                if (!to.waiting) touch();
                setSent(to);
            };
            try {
                const says = { title: mine.title.trim(), heard: mine.heard };
                const clip = await upload(session.recording, piece.media, says, going, stop.current.signal);
                clear();
                go({ at: "share", client, clip: clip.clip });
            } catch (error) {
                if (!stop.current.signal.aborted) say(saysNo(error));
            } finally {
                setSent(undefined);
            }
        });
    };
    return (
        <div ref={page} class="stack loose">
            <Marking work={mine} changed={changed} />
            <div class="row">
                <button type="button" class="button" disabled={busy || mine.end <= mine.start} onClick={prepare}>
                    {busy && !piece ? said.preparing : said.prepare}
                </button>
            </div>
            {piece && (
                <form ref={form} class="two even" onSubmit={use} noValidate>
                    <Listen piece={piece} asked={mine.end - mine.start} heard={setHeardAll} />
                    <div class="stack">
                        <Checks
                            legend={said.heard}
                            value={mine.heard}
                            change={(heard) => change({ heard })}
                            options={session.participants.map((one) => ({
                                value: one.participant,
                                label: one.name,
                                words: agrees(session, one.participant, "release_to_client")
                                    ? said.hasAgreed
                                    : said.notAgreed,
                            }))}
                        />
                        <Field
                            label={said.name}
                            hint={said.nameHint}
                            value={mine.title}
                            change={(title) => change({ title })}
                            fault={faults.title}
                            attributes={{ maxlength: "200", autocomplete: "off" }}
                        />
                        {sent !== undefined && (
                            <div class="row" role="status">
                                <progress
                                    max="1"
                                    value={sent.part}
                                    aria-label={said.sending(Math.floor(sent.part * 100))}
                                />
                                <span class="note grow">
                                    {sent.waiting ? said.sendingWaits : said.sending(Math.floor(sent.part * 100))}
                                </span>
                                <button type="button" class="button quiet" onClick={() => stop.current?.abort()}>
                                    {said.stop}
                                </button>
                            </div>
                        )}
                        <footer class="row at-end">
                            <button type="submit" class="button" disabled={busy || !heardAll}>
                                {said.use}
                            </button>
                        </footer>
                    </div>
                </form>
            )}
            <p class="says" role="alert">
                {trouble}
            </p>
        </div>
    );
}

function saysSession(session: Recording): string {
    return `${saysDay(session.recorded_at, words.value)} · ${session.participants.map((one) => one.name).join(", ")}`;
}

function saysNo(error: unknown): string {
    if (error instanceof Refusal && error.status === 413) return words.value.cut.tooLarge;
    if (error instanceof Refusal && error.status === 415) return words.value.cut.notMedia;
    return saysTrouble(error);
}
