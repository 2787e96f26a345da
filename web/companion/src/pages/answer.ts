// What a page asks the server when it is opened. It is shown, and kept nowhere.

import { useEffect, useState } from "preact/hooks";
import { NoAnswer } from "../engine/api";
import { capital } from "../screens/page";
import { therapist } from "../session/session";
import { more } from "./words";

/** The answer, when it has come; or a sentence that says why there is none. */
export function useAnswer<T>(ask: () => Promise<T> | undefined): {
    answer: T | undefined;
    trouble: string | undefined;
    again(): void;
} {
    const [answer, setAnswer] = useState<T>();
    const [trouble, setTrouble] = useState<string>();
    const again = () => {
        setTrouble(undefined);
        void (async () => setAnswer(await ask()))().catch((error: unknown) => setTrouble(explain(error)));
    };
    useEffect(again, []);
    return { answer, trouble, again };
}

export function explain(error: unknown): string {
    const isUnseen = error instanceof NoAnswer && error.code === "device_unconfirmed";
    return isUnseen ? capital(more.value.noYes(therapist.value)) : more.value.code.noContact;
}
