// The few parts that the desk's screens are made of, beside those of web/ui.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { NoContact, Refusal } from "../api/rest";
import type { Loaded } from "../loaded";
import { hearsTitle } from "../place";
import { session } from "../session";
import { words } from "../strings";

/** A dialog that is in the way: what it asks is answered, or it is closed, and nothing has happened. */
export function Dialog(props: { title: string; close(): void; wide?: boolean; children: ComponentChildren }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        const opener = document.activeElement;
        dialog.current?.showModal();
        return () => {
            if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
        };
    }, []);
    return (
        <dialog
            ref={dialog}
            class={props.wide ? "wide" : ""}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                props.close();
            }}
        >
            <div class="dialog">
                <header class="row">
                    <h2 id={id}>{props.title}</h2>
                    <button
                        type="button"
                        class="button quiet icon"
                        aria-label={words.value.close}
                        onClick={props.close}
                    >
                        <span aria-hidden="true">×</span>
                    </button>
                </header>
                {props.children}
            </div>
        </dialog>
    );
}

/** What keeps a page from being up to date, if anything does. */
export function Trouble({ of }: { of: Pick<Loaded<unknown>, "offline" | "refused" | "again" | "value"> }) {
    const { trouble } = words.value;
    if (!of.offline && !of.refused) return null;
    const says = of.offline
        ? of.value === undefined
            ? trouble.offlineEmpty
            : trouble.offline
        : saysRefused(of.refused!);
    return (
        <div class="trouble" role="status">
            <p>{says}</p>
            <button type="button" class="button quiet" onClick={() => void of.again()}>
                {trouble.again}
            </button>
        </div>
    );
}

/** Shown until it is here; and while it is not, whether that may take long. A whole page has a title even then. */
export function Waiting<T>({
    for: loaded,
    page,
    children,
}: {
    for: Loaded<T>;
    page?: boolean;
    children(value: T): ComponentChildren;
}) {
    return (
        <>
            <Trouble of={loaded} />
            {loaded.value === undefined && page && <h1 class="hidden">{words.value.loading}</h1>}
            {loaded.value !== undefined ? children(loaded.value) : !loaded.offline && !loaded.refused && <Soon />}
        </>
    );
}

export function Soon() {
    return (
        <div class="soon" role="status">
            <span class="hidden">{words.value.loading}</span>
            <i />
            <i />
            <i />
        </div>
    );
}

export function Title({ children }: { children: ComponentChildren }) {
    const title = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        if (title.current) hearsTitle(title.current);
    }, []);
    return (
        <h1 tabIndex={-1} ref={title}>
            {children}
        </h1>
    );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
    return (
        <div class="empty">
            <p class="serif">{title}</p>
            <div class="note">{children}</div>
        </div>
    );
}

/** Who it is, at a glance: so that the wrong name is seen before it is read. */
export function Initials({ name, large }: { name: string; large?: boolean }) {
    return (
        <span class={large ? "initials large" : "initials"} aria-hidden="true">
            {initials(name)}
        </span>
    );
}

export function initials(name: string): string {
    const parts = name.trim().split(/\s+/);
    return [parts[0], parts.length > 1 ? parts.at(-1) : undefined]
        .map((part) => part?.[0] ?? "")
        .join("")
        .toUpperCase();
}

/** Something that is done by a button: once at a time, and what went wrong is said beside it. */
export function useDoing(): {
    busy: boolean;
    trouble: string;
    run(work: () => Promise<void>): void;
    say(trouble: string): void;
} {
    const [busy, setBusy] = useState(false);
    const [trouble, say] = useState("");
    const here = useRef(true);
    useEffect(() => {
        here.current = true;
        return () => {
            here.current = false;
        };
    }, []);
    const run = (work: () => Promise<void>) => {
        if (busy) return;
        setBusy(true);
        say("");
        work()
            .catch((error: unknown) => {
                if (here.current) say(saysTrouble(error));
            })
            .finally(() => {
                if (here.current) setBusy(false);
            });
    };
    return { busy, trouble, run, say };
}

export function saysTrouble(error: unknown): string {
    if (error instanceof Refusal) return saysRefused(error.code);
    if (error instanceof NoContact)
        return session.value?.offline ? words.value.trouble.needsServer : words.value.trouble.unclear;
    // A full disk, a browser that gives up: whatever it was, nobody is left before a button that says nothing.
    return words.value.trouble.here;
}

function saysRefused(code: string): string {
    const { trouble } = words.value;
    if (code === "not_found") return trouble.notFound;
    if (code === "not_allowed") return trouble.notAllowed;
    if (code === "digits_not_right") return words.value.phones.otherDigits;
    if (code === "too_many_requests") return trouble.tooMany;
    if (code === "done_already") return trouble.doneAlready;
    if (code === "note_not_kept") return trouble.noteNotKept;
    if (code === "devices_too_many") return trouble.devicesTooMany;
    if (code === "withdrawn_by_person") return trouble.withdrawnByPerson;
    if (code === "record_missing") return trouble.recordMissing;
    return trouble.refused(code);
}

/** One of several, each with a line on what it means. */
export function Choice<T extends string>(props: {
    legend: string;
    name: string;
    value: T;
    choose(value: T): void;
    options: { value: T; label: string; words?: string }[];
    pairs?: boolean;
}) {
    return (
        <fieldset class={props.pairs ? "choice pairs" : "choice"}>
            <legend>{props.legend}</legend>
            {props.options.map((option) => (
                <label key={option.value}>
                    <input
                        type="radio"
                        name={props.name}
                        checked={option.value === props.value}
                        onChange={() => props.choose(option.value)}
                    />
                    <span>
                        <b>{option.label}</b>
                        {option.words && <small>{option.words}</small>}
                    </span>
                </label>
            ))}
        </fieldset>
    );
}

/** Any number of several. */
export function Checks<T extends string>(props: {
    legend: string;
    value: T[];
    change(value: T[]): void;
    options: { value: T; label: string; words?: string }[];
}) {
    const turn = (one: T, on: boolean) =>
        props.change(on ? [...props.value, one] : props.value.filter((other) => other !== one));
    return (
        <fieldset class="choice">
            <legend>{props.legend}</legend>
            {props.options.map((option) => (
                <label key={option.value}>
                    <input
                        type="checkbox"
                        checked={props.value.includes(option.value)}
                        onChange={(event) => turn(option.value, event.currentTarget.checked)}
                    />
                    <span>
                        <b>{option.label}</b>
                        {option.words && <small>{option.words}</small>}
                    </span>
                </label>
            ))}
        </fieldset>
    );
}
