// One thing per screen: a heading, what belongs to it, and a way back.

import type { ComponentChildren } from "preact";
import { back } from "../place";
import { words } from "../state";

export function Page(props: { title: string; children: ComponentChildren; back?: boolean; class?: string }) {
    return (
        <main class={`page ${props.class ?? ""}`}>
            {props.back && <button type="button" class="button quiet back" onClick={back}>← {words.value.back}</button>}
            <h1 tabIndex={-1}>{props.title}</h1>
            {props.children}
        </main>
    );
}

/** A sentence begins with it. */
export function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
