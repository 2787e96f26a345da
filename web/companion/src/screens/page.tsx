// One thing per screen: a heading, what belongs to it, a way back, and help.

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import { useSession } from "../context";
import { back, go, hearPlace } from "../place";
import { Breathing } from "./orb";

/** Whether help is one tap away already, below. */
export const HasTabs = createContext(false);

export function Page(props: { title: string; children: ComponentChildren; back?: boolean; class?: string }) {
    const { words } = useSession();
    useHeading(props.title);
    return (
        <main class={`page ${props.class ?? ""}`}>
            <HelpLink />
            {props.back && (
                <button type="button" class="button quiet back" onClick={back}>
                    ← {words.value.back}
                </button>
            )}
            <h1 tabIndex={-1}>{props.title}</h1>
            {props.children}
        </main>
    );
}

/** While something is on its way, there is breathing, and help. */
export function Meanwhile() {
    return (
        <main class="page middle">
            <HelpLink />
            <Breathing />
        </main>
    );
}

/** Quiet, and on every page: whom to call must not be behind anything. */
export function HelpLink({ leave = () => {} }: { leave?(): void }) {
    const { words } = useSession();
    const open = () => {
        leave();
        go({ at: "help" });
    };
    if (useContext(HasTabs)) return null;
    return (
        <button type="button" class="button quiet helps" onClick={open}>
            {words.value.nav.help}
        </button>
    );
}

/** Whoever does not see that the page has changed hears it, also where nobody has tapped. A change of language is none. */
export function useHeading(title: string): void {
    const { language } = useSession().settings.value;
    const spoken = useRef(language);
    useEffect(() => {
        if (spoken.current === language) hearPlace();
        spoken.current = language;
    }, [title]);
}
