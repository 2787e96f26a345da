// Pages that are not needed at the start: loaded once, when somebody opens the first of them. The worker has them already.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Meanwhile } from "./screens/page";

type Pages = typeof import("./pages/pages");

let pages: Pages | undefined;

/** `release`: the clip that the page is about, where it is about one. */
export function Later({ show, release = "" }: { show: keyof Pages; release?: string }) {
    const [had, setHad] = useState(pages);
    useEffect(() => {
        const load = () =>
            void import("./pages/pages").then(
                (came) => {
                    pages = came;
                    setHad(came);
                },
                () => {},
            );
        if (had) return;
        load();
        addEventListener("online", load);
        return () => removeEventListener("online", load);
    }, [had]);
    if (!had) return <Meanwhile />;
    const Shown = had[show] as ComponentType<{ release: string }>;
    return <Shown release={release} />;
}
