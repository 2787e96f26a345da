// The app lock's pages: offered once, chosen and given up in the preferences, and the curtain itself.

import { useEffect, useState } from "preact/hooks";
import { capital } from "../../../ui/capital";
import { Field } from "../../../ui/parts";
import { usePlayer, useSession } from "../context";
import { back } from "../place";
import { Breathing } from "../screens/orb";
import { Page } from "../screens/page";
import { ToBreathe } from "../screens/to_breathe";
import { isCode, removeCode, setCode, tryCode, waits } from "./lock_code";
import { pageWords } from "./words";

const DIGITS = { inputmode: "numeric", autocomplete: "off", maxlength: "12" };

/** Offered once, after a phone was connected. */
export function LockOffer() {
    const session = useSession();
    const { lock } = pageWords(session);
    const [chooses, setChooses] = useState(false);
    const done = () => void session.change({ offersLock: false });
    if (chooses) return <Choose done={done} />;
    return (
        <Page title={lock.offer}>
            <ul class="lines">
                {lock.lines.map((line) => (
                    <li key={line}>{line}</li>
                ))}
            </ul>
            <div class="stack foot">
                <button type="button" class="button wide" onClick={() => setChooses(true)}>
                    {lock.choose}
                </button>
                <button type="button" class="button quiet" onClick={done}>
                    {lock.notNow}
                </button>
            </div>
        </Page>
    );
}

export function LockSettings() {
    return useSession().lock.isSet.value ? <GiveUp /> : <Choose done={back} back />;
}

function Choose({ done, back }: { done(): void; back?: boolean }) {
    const session = useSession();
    const { lock } = pageWords(session);
    const [code, setTyped] = useState("");
    const [again, setAgain] = useState("");
    const [trouble, setTrouble] = useState<string>();
    const set = async (event: Event) => {
        event.preventDefault();
        if (!isCode(code)) return setTrouble(lock.short);
        if (code !== again) return setTrouble(lock.differs);
        await setCode(session, code);
        done();
    };
    return (
        <Page title={lock.title} back={back ?? false}>
            <p class="lead">{lock.on}</p>
            <ul class="lines">
                {lock.lines.map((line) => (
                    <li key={line}>{line}</li>
                ))}
            </ul>
            <form class="stack loose grows" onSubmit={(event) => void set(event)}>
                <Secret label={lock.label} value={code} change={setTyped} />
                <Secret label={lock.again} value={again} change={setAgain} />
                <p class="trouble" role="status">
                    {trouble}
                </p>
                <div class="stack foot">
                    <button type="submit" class="button wide">
                        {lock.set}
                    </button>
                    {!back && (
                        <button type="button" class="button quiet" onClick={done}>
                            {lock.notNow}
                        </button>
                    )}
                </div>
            </form>
        </Page>
    );
}

/** Whoever is in an app that stands open cannot take the code away from it. */
function GiveUp() {
    const session = useSession();
    const { lock } = pageWords(session);
    const code = useCode(async () => {
        await removeCode(session);
        back();
    });
    return (
        <Page title={lock.title} back>
            <p class="lead">{lock.on}</p>
            <form class="stack loose grows" onSubmit={code.submit}>
                <Secret label={lock.current} value={code.typed} change={code.change} />
                <p class="trouble" role="status">
                    {code.says}
                </p>
                <button type="submit" class="button wide soft foot" disabled={code.busy}>
                    {lock.remove}
                </button>
            </form>
        </Page>
    );
}

/** The curtain. Breathing, help and whoever can be called are before it; so is the end of what can be heard. */
export function Lock() {
    const session = useSession();
    const player = usePlayer();
    const contact = session.circle.contact.value;
    const { lock } = pageWords(session);
    const { help, player: said } = session.words.value;
    const [forgotten, setForgotten] = useState(false);
    const code = useCode(() => {
        session.lock.isLocked.value = false;
    });
    if (forgotten) {
        return (
            <Page title={lock.forgotten}>
                <p class="lead">{capital(lock.wayBack(session.therapist.value))}</p>
                <Breathing />
                <div class="stack foot">
                    {contact && (
                        <a class="button wide" href={`tel:${contact.practice}`}>
                            {help.call(contact.practice)}
                        </a>
                    )}
                    <button type="button" class="button quiet" onClick={() => setForgotten(false)}>
                        {session.words.value.back}
                    </button>
                </div>
            </Page>
        );
    }
    return (
        <Page title={lock.locked}>
            <ToBreathe />
            <form class="stack loose" onSubmit={code.submit}>
                <Secret label={lock.current} value={code.typed} change={code.change} />
                <p class="trouble" role="status">
                    {code.says}
                </p>
                <button type="submit" class="button wide" disabled={code.busy}>
                    {code.busy ? lock.opening : lock.open}
                </button>
            </form>
            <div class="stack foot">
                {player.playing.value && (
                    <button type="button" class="button soft wide" onClick={() => player.stop()}>
                        {said.stop}
                    </button>
                )}
                <button type="button" class="button quiet" onClick={() => setForgotten(true)}>
                    {lock.forgotten}
                </button>
            </div>
        </Page>
    );
}

/** A code that is typed, and what follows when it is the right one. */
function useCode(right: () => void | Promise<void>) {
    const session = useSession();
    const { lock } = pageWords(session);
    const [typed, change] = useState("");
    const [says, setSays] = useState<string>();
    const [left, setLeft] = useState(0);
    const [busy, setBusy] = useState(false);
    useEffect(() => void waits(session.db).then(setLeft), []);
    useEffect(() => {
        if (left <= 0) return;
        const soon = setTimeout(() => setLeft(left - 1_000), 1_000);
        return () => clearTimeout(soon);
    }, [left]);
    const look = async () => {
        setBusy(true);
        setSays(undefined);
        try {
            if (await tryCode(session.db, typed)) return await right();
            change("");
            setSays(lock.wrong);
            setLeft(await waits(session.db));
        } finally {
            setBusy(false);
        }
    };
    const submit = (event: Event) => {
        event.preventDefault();
        if (left > 0) return;
        if (!isCode(typed)) setSays(lock.short);
        else void look();
    };
    return {
        typed,
        change,
        submit,
        busy: busy || left > 0,
        says: left > 0 ? lock.wait(Math.ceil(left / 1_000)) : says,
    };
}

/** Dots instead of numbers, and no field for a password: a browser would offer to keep it. */
function Secret(props: { label: string; value: string; change(value: string): void }) {
    return <Field {...props} attributes={{ ...DIGITS, class: "code dots" }} />;
}
