// Pages that are not needed at the start: loaded once, when somebody opens the first of them. The worker has them already.

import { useEffect, useState } from "preact/hooks";
import { hearPlace } from "../place";
import { Breathing } from "./orb";

type Pages = typeof import("../later/pages");

let pages: Pages | undefined;

export function Later({ show }: { show: keyof Pages }) {
    const [had, setHad] = useState(pages);
    useEffect(() => {
        const load = () => void import("../later/pages").then((came) => {
            pages = came;
            setHad(came);
            hearPlace();
        }, () => {});
        if (had) return;
        load();
        addEventListener("online", load);
        return () => removeEventListener("online", load);
    }, [had]);
    if (!had) return <main class="page middle"><Breathing /></main>;
    const Shown = had[show];
    return <Shown />;
}
