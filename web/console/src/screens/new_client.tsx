// Adding a client: they hear nothing of it.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { post } from "../api/rest";
import { Dialog, useDoing } from "../parts/parts";
import { words } from "../strings";

export function NewClient({ close, done }: { close(): void; done(): void }) {
    const { today: said, cancel } = words.value;
    const [name, setName] = useState("");
    const { busy, trouble, run } = useDoing();
    const save = (event: Event) => {
        event.preventDefault();
        run(async () => {
            await post("/v1/clients", { name: name.trim() }, crypto.randomUUID());
            done();
        });
    };
    return (
        <Dialog title={said.add} close={close}>
            <form class="stack" onSubmit={save}>
                <Field
                    label={said.name}
                    hint={said.nameHint}
                    value={name}
                    change={setName}
                    attributes={{ required: "true", maxlength: "200", autocomplete: "off" }}
                />
                <p class="says" role="alert">
                    {trouble}
                </p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={close}>
                        {cancel}
                    </button>
                    <button type="submit" class="button" disabled={busy}>
                        {said.added}
                    </button>
                </footer>
            </form>
        </Dialog>
    );
}
