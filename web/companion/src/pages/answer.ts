// What a page asks the server when it is opened. It is shown, and kept nowhere.

import { useEffect, useState } from "preact/hooks";
import { capital } from "../../../ui/capital";
import { useSession } from "../context";
import { NoAnswer } from "../engine/api";
import type { Session } from "../session/session";
import { pageWords } from "./words";

/** The answer, when it has come; or a sentence that says why there is none. */
export function useAnswer<T>(ask: () => Promise<T> | undefined): {
    answer: T | undefined;
    trouble: string | undefined;
    again(): void;
} {
    const session = useSession();
    const [answer, setAnswer] = useState<T>();
    const [trouble, setTrouble] = useState<string>();
    const again = () => {
        setTrouble(undefined);
        void (async () => setAnswer(await ask()))().catch((error: unknown) => setTrouble(explain(session, error)));
    };
    useEffect(again, []);
    return { answer, trouble, again };
}

export function explain(session: Session, error: unknown): string {
    const { noYes, noRoom, code } = pageWords(session);
    switch (error instanceof NoAnswer ? error.code : "") {
        case "device_unconfirmed":
            return capital(noYes(session.therapist.value));
        case "devices_too_many":
            return noRoom(session.therapist.value);
        default:
            return code.noContact;
    }
}
