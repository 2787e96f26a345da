import { useEffect, useState } from "preact/hooks";
import { capital } from "../../../../ui/capital";
import { useSession } from "../../context";
import type { Circle } from "../../engine/account";
import { NoAnswer } from "../../engine/api";
import { go } from "../../place";
import { Digits } from "../../screens/digits";
import { Page } from "../../screens/page";
import { pageWords } from "../words";
import { isWoken, wakeMe } from "./wake";

export function Phones() {
    const session = useSession();
    const { phones } = pageWords(session);
    const { help } = session.words.value;
    const [woken, setWoken] = useState<boolean>();
    const [trouble, setTrouble] = useState<string>();
    const [gone, setGone] = useState<string>();
    const me = session.engine;
    useEffect(() => {
        if (me) void isWoken(session.db, me.identity).then(setWoken);
        void session.meetCircle().then(() => session.circle.knowPhones());
    }, []);
    const ask = async () => {
        setTrouble(undefined);
        const is = me !== undefined && (await wakeMe(session.db, me.identity, me.machine.incarnation()));
        setWoken(is);
        if (!is) setTrouble(phones.pushNo);
    };
    const others = session.circle.told.value?.devices.filter((phone) => !phone.this) ?? [];
    return (
        <Page title={phones.title} back>
            <p class="lead">{phones.name(me?.identity.name ?? "")}</p>
            <Digits />
            <div class="card stack">
                {woken ? (
                    <p>{phones.pushOn}</p>
                ) : (
                    <button type="button" class="button soft wide" onClick={() => void ask()}>
                        {phones.push}
                    </button>
                )}
                {trouble && (
                    <p class="note" role="status">
                        {trouble}
                    </p>
                )}
            </div>
            {others.length > 0 && (
                <section class="stack">
                    <h2>{phones.others}</h2>
                    {others.map((phone) => (
                        <Other key={phone.device} phone={phone} gone={setGone} />
                    ))}
                </section>
            )}
            <p class="trouble" role="status">
                {gone && phones.isGone(gone)}
            </p>
            <button type="button" class="card tap row" onClick={() => go({ at: "move" })}>
                <span class="strong">{phones.add}</span>
                <span class="onward" aria-hidden="true">
                    ›
                </span>
            </button>
            <div class="card stack">
                <p>{phones.lost}</p>
                {session.circle.contact.value && (
                    <a class="button soft wide" href={`tel:${session.circle.contact.value.practice}`}>
                        {help.call(session.circle.contact.value.practice)}
                    </a>
                )}
            </div>
        </Page>
    );
}

/** Another phone of the person's own. It is not removed by one tap; and whether it was is said. */
function Other({ phone, gone }: { phone: Circle["devices"][number]; gone(name: string): void }) {
    const session = useSession();
    const { phones } = pageWords(session);
    const [asks, setAsks] = useState(false);
    const [busy, setBusy] = useState(false);
    const [trouble, setTrouble] = useState<string>();
    const remove = async () => {
        setBusy(true);
        setTrouble(undefined);
        try {
            await session.engine?.account.removePhone(phone.device);
            gone(phone.name);
            await session.meetCircle();
        } catch (error) {
            setTrouble(explain(error));
        } finally {
            setBusy(false);
        }
    };
    const explain = (error: unknown) => {
        const isUnseen = error instanceof NoAnswer && error.code === "device_unconfirmed";
        return isUnseen ? capital(phones.noYes(session.therapist.value)) : phones.notGone(phone.name);
    };
    return (
        <div class="card stack">
            <div class="row">
                <span class="strong">{phone.name}</span>
                {!asks && (
                    <button type="button" class="button quiet" onClick={() => setAsks(true)}>
                        {phones.remove}
                    </button>
                )}
            </div>
            {!phone.confirmed && <p class="note">{capital(phones.waits(session.therapist.value))}</p>}
            {asks && (
                <>
                    <p>{phones.removeAsk(phone.name)}</p>
                    <p class="trouble" role="status">
                        {trouble}
                    </p>
                    <button type="button" class="button soft wide" disabled={busy} onClick={() => void remove()}>
                        {busy ? phones.removing : phones.remove}
                    </button>
                    <button type="button" class="button quiet" onClick={() => setAsks(false)}>
                        {phones.keep}
                    </button>
                </>
            )}
        </div>
    );
}
