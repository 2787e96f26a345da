// A code for the next phone. It is shown once, large, and kept nowhere: who leaves the page makes another one.

import { useEffect, useState } from "preact/hooks";
import type { MoveCode } from "../../engine/account";
import { back } from "../../place";
import { Breathing } from "../../screens/orb";
import { capital, Page } from "../../screens/page";
import { knowPhones } from "../../session/circle";
import { circle, database, driving, meetCircle, therapist, words } from "../../session/session";
import { saysWhen } from "../../when";
import { explain } from "../answer";
import { more } from "../words";

/** How often it is asked whether the new phone has come, while the page is open. */
const LOOK = 4_000;

export function Move() {
    const { move } = more.value;
    const [made, setMade] = useState<MoveCode>();
    const [trouble, setTrouble] = useState<string>();
    const [before] = useState(() => new Set(circle.value?.devices.map((phone) => phone.device)));
    const [now, setNow] = useState(Date.now());
    const came = circle.value?.devices.find((phone) => !phone.this && !before.has(phone.device));
    const make = async () => {
        setTrouble(undefined);
        setMade(undefined);
        try {
            setMade(await driving()?.account.moveCode());
        } catch (error) {
            setTrouble(explain(error));
        }
    };
    useEffect(() => void make(), []);
    useEffect(() => {
        if (!made || came) return;
        const looking = setInterval(() => {
            setNow(Date.now());
            void meetCircle();
        }, LOOK);
        return () => clearInterval(looking);
    }, [made, came]);
    useEffect(() => {
        if (came) void knowPhones(database());
    }, [came]);
    if (came) {
        return (
            <Page title={move.came(came.name)}>
                {!came.confirmed && <p class="lead">{capital(more.value.phones.waits(therapist.value))}</p>}
                <Breathing />
                <button type="button" class="button wide foot" onClick={back}>
                    {move.done}
                </button>
            </Page>
        );
    }
    const until = made && Date.parse(made.expires_at);
    const isOver = until !== undefined && until <= now;
    return (
        <Page title={move.title} back>
            <p class="lead">{move.words}</p>
            <div class="card stack centre">
                {made && !isOver ? (
                    <>
                        <p class="code shown" translate={false}>
                            {made.code}
                        </p>
                        <p class="note">{move.lives(saysWhen(until!, words.value))}</p>
                    </>
                ) : (
                    <p class="note" role="status">
                        {trouble ?? (isOver ? move.over : move.making)}
                    </p>
                )}
            </div>
            {(isOver || trouble) && (
                <button type="button" class="button soft wide" onClick={() => void make()}>
                    {move.another}
                </button>
            )}
            <ol class="steps">
                {move.steps(location.host, therapist.value).map((step) => (
                    <li key={step}>{capital(step)}</li>
                ))}
            </ol>
            <p class="note">
                {move.notes} {move.care}
            </p>
        </Page>
    );
}
