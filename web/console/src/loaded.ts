// What is read from the server: it may be on its way, here, or here and old because nobody answers any more.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { NoContact, Refusal } from "./api/rest";

export interface Loaded<T> {
    value: T | undefined;
    /** Nobody answers. What is shown is what was true before. */
    offline: boolean;
    /** The server said no, and by which code. */
    refused: string | undefined;
    again(): Promise<void>;
}

/** How often what may change by itself is read again, while somebody looks. */
export const LIVE = 4_000;

/** Reads, and reads again while the page is looked at. Another `key` is another thing: what was here is forgotten. */
export function useLoaded<T>(key: string, read: () => Promise<T>, every?: number): Loaded<T> {
    const [state, setState] = useState<{
        key: string;
        value: T | undefined;
        offline: boolean;
        refused: string | undefined;
    }>({ key, value: undefined, offline: false, refused: undefined });
    const latest = useRef(read);
    latest.current = read;
    const turn = useRef(0);
    const asking = useRef(0);
    const again = useCallback(async () => {
        const mine = ++turn.current;
        asking.current += 1;
        try {
            const value = await latest.current();
            // An answer that was overtaken by a later question is not the truth any more.
            if (mine === turn.current) setState({ key, value, offline: false, refused: undefined });
        } catch (error) {
            if (mine !== turn.current) return;
            const refused = error instanceof Refusal ? error.code : undefined;
            if (!refused && !(error instanceof NoContact)) throw error;
            setState((old) => ({ key, value: old.key === key ? old.value : undefined, offline: !refused, refused }));
        } finally {
            asking.current -= 1;
        }
    }, [key]);
    useEffect(() => {
        void again();
        // A question that is on its way is not asked again: on a slow line each answer would be overtaken by the next
        // question, and nothing would ever be shown, nor that nobody answers.
        const look = () => {
            if (document.visibilityState === "visible" && asking.current === 0) void again();
        };
        const timer = every ? setInterval(look, every) : undefined;
        document.addEventListener("visibilitychange", look);
        addEventListener("online", look);
        return () => {
            turn.current += 1;
            clearInterval(timer);
            document.removeEventListener("visibilitychange", look);
            removeEventListener("online", look);
        };
    }, [again, every]);
    const fresh = state.key === key;
    return {
        value: fresh ? state.value : undefined,
        offline: fresh && state.offline,
        refused: fresh ? state.refused : undefined,
        again,
    };
}
