// The words of a release, as its clip carries them. Read once for each time that they are looked at: every reading is audited.

import { useEffect, useState } from "preact/hooks";
import type { ReleaseWords } from "../api/answers";
import { get, NoContact, Refusal } from "../api/rest";

/** None while they are on their way; null where they cannot be had. */
export function useWords(release: string | undefined): ReleaseWords | null | undefined {
    const [found, setFound] = useState<{ release: string; words: ReleaseWords | null }>();
    useEffect(() => {
        if (!release) return;
        let here = true;
        get<ReleaseWords>(`/v1/releases/${release}/words`)
            .catch((error: unknown) => {
                if (error instanceof NoContact || error instanceof Refusal) return null;
                throw error;
            })
            .then((words) => {
                if (here) setFound({ release, words });
            });
        return () => {
            here = false;
        };
    }, [release]);
    if (!release) return null;
    return found?.release === release ? found.words : undefined;
}
