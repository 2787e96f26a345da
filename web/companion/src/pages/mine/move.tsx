// A code for the next phone. It is shown once, large, and kept nowhere: who leaves the page makes another one.

import { useEffect, useState } from "preact/hooks";
import { capital } from "../../../../ui/capital";
import { useSession } from "../../context";
import type { MoveCode } from "../../engine/account";
import { back } from "../../place";
import { Breathing } from "../../screens/orb";
import { Page } from "../../screens/page";
import { saysWhen } from "../../when";
import { explain } from "../answer";
import { pageWords } from "../words";

/** How often it is asked whether the new phone has come, while the page is open. */
const LOOK = 4_000;

export function Move() {
    const session = useSession();
    const { move } = pageWords(session);
    const [made, setMade] = useState<MoveCode>();
    const [trouble, setTrouble] = useState<string>();
    const [before] = useState(() => new Set(session.circle.told.value?.devices.map((phone) => phone.device)));
    const [now, setNow] = useState(Date.now());
    const came = session.circle.told.value?.devices.find((phone) => !phone.this && !before.has(phone.device));
    const make = async () => {
        setTrouble(undefined);
        setMade(undefined);
        try {
            setMade(await session.engine?.account.moveCode());
        } catch (error) {
            setTrouble(explain(session, error));
        }
    };
    useEffect(() => void make(), []);
    useEffect(() => {
        if (!made || came) return;
        const looking = setInterval(() => {
            setNow(Date.now());
            void session.meetCircle();
        }, LOOK);
        return () => clearInterval(looking);
    }, [made, came]);
    useEffect(() => {
        if (came) void session.circle.knowPhones();
    }, [came]);
    if (came) {
        return (
            <Page title={move.came(came.name)}>
                {!came.confirmed && (
                    <p class="lead">{capital(pageWords(session).phones.waits(session.therapist.value))}</p>
                )}
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
                        <p class="note">{move.lives(saysWhen(until!, session.words.value))}</p>
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
                {move.steps(location.host, session.therapist.value).map((step) => (
                    <li key={step}>{capital(step)}</li>
                ))}
            </ol>
            <p class="note">
                {move.notes} {move.care}
            </p>
        </Page>
    );
}
