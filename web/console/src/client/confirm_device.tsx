// A phone becomes a client's when a therapist has typed the digits that it shows.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import type { Device } from "../api/answers";
import { post } from "../api/rest";
import type { Case } from "../case";
import { useDoing } from "../parts/parts";
import { words } from "../strings";

const DIGITS = { inputmode: "numeric", maxlength: "4", pattern: "[0-9]{4}", autocomplete: "off", required: "" };

export function ConfirmDevice({ of, device, again }: { of: Case; device: Device; again(): Promise<void> }) {
    const said = words.value.phones;
    const [digits, setDigits] = useState("");
    const { busy, trouble, run } = useDoing();
    const confirm = async () => {
        await post(`/v1/clients/${of.client.client}/devices/${device.device}/confirmation`, { digits });
        await again();
    };
    return (
        <form
            class="confirm stack tight"
            onSubmit={(event) => {
                event.preventDefault();
                run(confirm);
            }}
        >
            <p>{said.isTheirs(of.client.name)}</p>
            <div class="row">
                <Field label={said.digits} value={digits} change={setDigits} attributes={DIGITS} />
                <button type="submit" class="button" disabled={busy}>
                    {said.confirm}
                </button>
            </div>
            <p class="says" role="alert">
                {trouble}
            </p>
        </form>
    );
}
