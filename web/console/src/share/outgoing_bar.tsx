// What is about to leave, at the foot of every screen.

import { useEffect } from "preact/hooks";
import type { Clip, Release } from "../api/answers";
import { get } from "../api/rest";
import { unsent } from "../decisions/unsent";
import { useLoaded } from "../loaded";
import { isKeeping } from "../offline/keeping";
import { Dialog, Waiting } from "../parts/parts";
import { signOut } from "../sign_in";
import { words } from "../strings";
import { saysWhen } from "../when";
import { asksBeforeLeaving, drop, lately, mend, type Outgoing as One, outgoing, sendNow, sendSeen } from "./outgoing";

const SAID_FOR = 8_000;

export function Outgoing() {
    const said = words.value.outgoing;
    const told = lately.value;
    useEffect(() => {
        if (!told) return;
        const timer = setTimeout(() => {
            lately.value = undefined;
        }, SAID_FOR);
        return () => clearTimeout(timer);
    }, [told]);
    return (
        <aside class="outgoing" aria-label={said.label}>
            {outgoing.value.map((one) => (
                <Line key={one.id} one={one} />
            ))}
            <p class={told ? "line" : "hidden"} role="status">
                {told && said.sent(told.title, told.name)}
            </p>
            {outgoing.value
                .filter((one) => one.state === "unseen")
                .slice(0, 1)
                .map((one) => (
                    <Unseen key={one.id} one={one} />
                ))}
        </aside>
    );
}

function Line({ one }: { one: One }) {
    const said = words.value.outgoing;
    const seconds = Math.max(0, Math.ceil((one.sendsAt - Date.now()) / 1_000));
    return (
        <div class="line">
            <div class="grow">
                {/* The seconds are for eyes; who listens is told once. */}
                <p aria-hidden={one.state === "waiting"}>{saysState(one, seconds)}</p>
                {one.state === "waiting" && (
                    <p class="note">
                        {said.close}
                        {isKeeping.value && ` ${said.kept}`}
                    </p>
                )}
            </div>
            {one.state === "waiting" && (
                <button type="button" class="button quiet" onClick={() => void sendNow(one.id)}>
                    {said.now}
                </button>
            )}
            {one.state === "waiting" && (
                <button type="button" class="button" onClick={() => drop(one.id)}>
                    {said.undo}
                </button>
            )}
            {one.state === "no_contact" && (
                <button type="button" class="button soft" onClick={() => drop(one.id)}>
                    {said.stopTrying}
                </button>
            )}
            {one.state === "refused" && (
                <button type="button" class="button quiet" onClick={() => drop(one.id)}>
                    {said.drop}
                </button>
            )}
            {one.state === "refused" && one.draft && (
                <button type="button" class="button" onClick={() => mend(one)}>
                    {said.mend}
                </button>
            )}
            <p class="hidden" role="status">
                {one.state === "waiting" ? saysState(one, 30) : saysState(one, 0)}
            </p>
        </div>
    );
}

function saysState(one: One, seconds: number): string {
    const said = words.value.outgoing;
    switch (one.state) {
        case "waiting":
            return said.waiting(one.title, one.name, seconds);
        case "sending":
            return said.sending(one.title, one.name);
        case "unseen":
            return said.unseen(one.title, one.name);
        case "no_contact":
            return said.noContact(one.title, one.name);
        case "refused":
            return said.refused(one.title, one.name, one.code ?? "");
    }
}

/** Something was decided that the form had not shown: it is shown, and only then named. */
function Unseen({ one }: { one: One }) {
    const said = words.value.outgoing;
    const before = useLoaded(`unseen ${one.id}`, async () => {
        const [{ releases }, clip] = await Promise.all([
            get<{ releases: Release[] }>(`/v1/clients/${one.client}/releases`),
            get<Clip>(`/v1/clips/${one.clip}`),
        ]);
        return { releases, clip };
    });
    return (
        <Dialog title={said.unseenTitle} close={() => drop(one.id)}>
            <div class="stack">
                <p>{said.unseen(one.title, one.name)}</p>
                <Waiting for={before}>
                    {({ releases }) => {
                        const paused = releases.some((release) =>
                            release.holds.some((hold) => one.unseen.includes(hold)),
                        );
                        const ended = releases.filter(
                            (release) => release.clip === one.clip && release.standing === "revoked",
                        );
                        return (
                            <ul class="lines">
                                {paused && <li>{said.paused(one.name)}</li>}
                                {(ended.length > 0 || !paused) && <li>{said.takenBack(one.title)}</li>}
                                {ended.map(
                                    (release) =>
                                        release.terms && (
                                            <li key={release.release}>
                                                {said.endedBefore(saysWhen(release.terms.expires_at, words.value))}
                                            </li>
                                        ),
                                )}
                            </ul>
                        );
                    }}
                </Waiting>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={() => drop(one.id)}>
                        {said.drop}
                    </button>
                    <button
                        type="button"
                        class="button"
                        disabled={before.value === undefined}
                        onClick={() => void sendSeen(one.id)}
                    >
                        {said.all}
                    </button>
                </footer>
            </div>
        </Dialog>
    );
}

export function SignOutQuestion() {
    const said = words.value.outgoing;
    const stay = () => {
        asksBeforeLeaving.value = false;
    };
    const leave = async (send: boolean) => {
        if (send) for (const one of outgoing.value) await sendNow(one.id);
        stay();
        // What could not be sent is still there, and so is whoever wants to know.
        if (!send || outgoing.value.length === 0) await signOut();
    };
    return (
        <Dialog title={outgoing.value.length > 0 ? said.leaveTitle : words.value.unsent.leaveTitle} close={stay}>
            <div class="stack">
                {outgoing.value.map((one) => (
                    <p key={one.id}>{said.leaveWords(one.title, one.name)}</p>
                ))}
                {unsent.value.length > 0 && <p>{words.value.unsent.leaving(unsent.value.length)}</p>}
                {outgoing.value.length > 0 ? (
                    <footer class="row at-end">
                        <button type="button" class="button quiet" onClick={() => void leave(false)}>
                            {said.leaveDrop}
                        </button>
                        <button type="button" class="button" onClick={() => void leave(true)}>
                            {said.leaveSend}
                        </button>
                    </footer>
                ) : (
                    <footer class="row at-end">
                        <button type="button" class="button quiet" onClick={stay}>
                            {words.value.cancel}
                        </button>
                        <button type="button" class="button" onClick={() => void leave(false)}>
                            {words.value.menu.signOut}
                        </button>
                    </footer>
                )}
            </div>
        </Dialog>
    );
}
