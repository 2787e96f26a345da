import { useEffect, useState } from "preact/hooks";
import { knowPhones } from "../circle";
import type { Circle } from "../engine/account";
import { go } from "../place";
import { isWoken, wakeMe } from "../push";
import { circle, contact, database, driving, meetCircle, therapist, words } from "../state";
import { capital, Page } from "./page";

export function Phones() {
    const { phones, help } = words.value;
    const [woken, setWoken] = useState<boolean>();
    const [trouble, setTrouble] = useState<string>();
    useEffect(() => {
        void isWoken().then(setWoken);
        void meetCircle().then(() => knowPhones(database()));
    }, []);
    const ask = async () => {
        setTrouble(undefined);
        const is = await wakeMe();
        setWoken(is);
        if (!is) setTrouble(phones.pushNo);
    };
    const others = circle.value?.devices.filter((phone) => !phone.this) ?? [];
    return (
        <Page title={phones.title} back>
            <p class="lead">{phones.name(driving()?.identity.name ?? "")}</p>
            <div class="card stack">
                {woken
                    ? <p>{phones.pushOn}</p>
                    : <button type="button" class="button soft wide" onClick={() => void ask()}>{phones.push}</button>}
                {trouble && <p class="note" role="status">{trouble}</p>}
            </div>
            {others.length > 0 && (
                <section class="stack">
                    <h2>{phones.others}</h2>
                    {others.map((phone) => <Other key={phone.device} {...phone} />)}
                </section>
            )}
            <button type="button" class="card tap row" onClick={() => go({ at: "move" })}>
                <span class="strong">{phones.add}</span><span class="onward" aria-hidden="true">›</span>
            </button>
            <div class="card stack">
                <p>{phones.lost}</p>
                {contact.value && <a class="button soft wide" href={`tel:${contact.value.practice}`}>{help.call(contact.value.practice)}</a>}
            </div>
        </Page>
    );
}

/** Another phone of the person's own. It is not removed by one tap. */
function Other(phone: Circle["devices"][number]) {
    const { phones } = words.value;
    const [asks, setAsks] = useState(false);
    const remove = async () => {
        await driving()?.account.removePhone(phone.device).catch(() => {});
        await meetCircle();
    };
    return (
        <div class="card stack">
            <div class="row">
                <span class="strong">{phone.name}</span>
                {!asks && <button type="button" class="button quiet" onClick={() => setAsks(true)}>{phones.remove}</button>}
            </div>
            {!phone.confirmed && <p class="note">{capital(phones.waits(therapist.value))}</p>}
            {asks && (
                <>
                    <p>{phones.removeAsk(phone.name)}</p>
                    <button type="button" class="button soft wide" onClick={() => void remove()}>{phones.remove}</button>
                    <button type="button" class="button quiet" onClick={() => setAsks(false)}>{phones.keep}</button>
                </>
            )}
        </div>
    );
}
