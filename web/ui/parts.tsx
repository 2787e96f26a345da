// The few parts that both apps are made of.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** Something that is on or off, and says so to everybody. */
export function Switch(props: { on: boolean; turn(on: boolean): void; children: ComponentChildren }) {
    return (
        <button
            type="button"
            class="switch"
            role="switch"
            aria-checked={props.on}
            onClick={() => props.turn(!props.on)}
        >
            <span>{props.children}</span>
            <span class="track" aria-hidden="true" />
        </button>
    );
}

/** A line of text that a person types, with its label and a hint under it. */
export function Field(props: {
    label: string;
    value: string;
    change(value: string): void;
    hint?: string;
    long?: boolean;
    attributes?: Record<string, string>;
    /** What keeps it from being taken as it is. */
    fault?: string | undefined;
}) {
    const [id, hint, fault] = [useId(), useId(), useId()];
    const described = [props.fault && fault, props.hint && hint].filter(Boolean).join(" ");
    const common = {
        id,
        value: props.value,
        ...props.attributes,
        ...(described ? { "aria-describedby": described } : {}),
        ...(props.fault ? { "aria-invalid": "true" as const } : {}),
        onInput: (event: Event) => props.change((event.target as HTMLInputElement).value),
    };
    return (
        <div class="field">
            <label for={id}>{props.label}</label>
            {props.long ? <textarea {...common} /> : <input type="text" {...common} />}
            {props.fault && (
                <small class="fault" id={fault}>
                    {props.fault}
                </small>
            )}
            {props.hint && <small id={hint}>{props.hint}</small>}
        </div>
    );
}
