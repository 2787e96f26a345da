// A client's phones: each is theirs only when somebody has said so, and can be removed.

import { useState } from "preact/hooks";
import type { Device } from "../api/answers";
import { post, remove } from "../api/rest";
import type { Case } from "../case";
import { Dialog, Empty, useDoing } from "../parts/parts";
import { words } from "../strings";
import { saysWhen } from "../when";
import { ConfirmDevice } from "./confirm_device";
import { Invite } from "./invite";

export function Phones({ of, again }: { of: Case; again(): Promise<void> }) {
    const said = words.value.phones;
    const [inviting, setInviting] = useState(false);
    const [here, former] = [
        of.devices.filter((device) => !device.removed_at),
        of.devices.filter((device) => device.removed_at),
    ];
    return (
        <div class="stack">
            <div class="row">
                <h2 class="grow">{said.title}</h2>
                <button type="button" class="button soft" onClick={() => setInviting(true)}>
                    {said.invite}
                </button>
            </div>
            {former
                .filter((device) => device.copied_at && !device.copy_known_at)
                .map((device) => (
                    <Copied key={device.device} device={device} of={of} again={again} />
                ))}
            {here.length === 0 && (
                <Empty title={said.none}>
                    <p>{said.noneWords(of.client.name)}</p>
                </Empty>
            )}
            {here.map((device) => (
                <Phone key={device.device} device={device} of={of} again={again} />
            ))}
            {former.length > 0 && (
                <details>
                    <summary class="note">{said.former(former.length)}</summary>
                    <ul class="lines">
                        {former.map((device) => (
                            <li key={device.device}>
                                {device.name}{" "}
                                <span class="note">{said.removed(saysWhen(device.removed_at!, words.value))}</span>
                            </li>
                        ))}
                    </ul>
                </details>
            )}
            {inviting && <Invite of={of} again={again} close={() => setInviting(false)} />}
        </div>
    );
}

/** A phone that was copied, until the therapist says that they know. */
function Copied({ device, of, again }: { device: Device; of: Case; again(): Promise<void> }) {
    const said = words.value.phones;
    const { busy, trouble, run } = useDoing();
    const dark = darkBy(of, device);
    const know = async () => {
        await post(`/v1/clients/${of.client.client}/devices/${device.device}/copy-notice`);
        await again();
    };
    return (
        <article class="card stack tight">
            <p>
                {said.copied(device.name)} {dark ? said.dark(saysWhen(dark, words.value)) : said.darkNow}
            </p>
            <div class="waits row">
                <p class="grow">{said.copiedWords(of.client.name)}</p>
                <button type="button" class="button" disabled={busy} onClick={() => run(know)}>
                    {said.copyKnown}
                </button>
            </div>
            {trouble && (
                <p class="says" role="alert">
                    {trouble}
                </p>
            )}
        </article>
    );
}

function Phone({ device, of, again }: { device: Device; of: Case; again(): Promise<void> }) {
    const said = words.value.phones;
    const [removing, setRemoving] = useState(false);
    const seen = device.seen_at ? said.seen(saysWhen(device.seen_at, words.value)) : said.neverSeen;
    return (
        <article class="card stack tight">
            <div class="row">
                <div class="grow">
                    <h3>{device.name}</h3>
                    <p class="note">
                        {said.paired(saysWhen(device.paired_at, words.value))} · {seen}
                    </p>
                </div>
                <button type="button" class="button quiet" onClick={() => setRemoving(true)}>
                    {said.remove}
                    <span class="hidden">: {device.name}</span>
                </button>
            </div>
            {!device.confirmed_at && <ConfirmDevice of={of} device={device} again={again} />}
            {removing && (
                <Remove
                    device={device}
                    of={of}
                    close={() => setRemoving(false)}
                    done={() => {
                        setRemoving(false);
                        void again();
                    }}
                />
            )}
        </article>
    );
}

function Remove({ device, of, close, done }: { device: Device; of: Case; close(): void; done(): void }) {
    const { phones: said, cancel } = words.value;
    const { busy, trouble, run } = useDoing();
    const dark = darkBy(of, device);
    return (
        <Dialog title={said.removeTitle(device.name)} close={close}>
            <div class="stack">
                <p>
                    {said.removeWords} {dark ? said.dark(saysWhen(dark, words.value)) : said.darkNow}
                </p>
                <p class="note">{said.removeFor}</p>
                <p class="says" role="alert">
                    {trouble}
                </p>
                <footer class="row at-end">
                    <button type="button" class="button quiet" onClick={close}>
                        {cancel}
                    </button>
                    <button
                        type="button"
                        class="button"
                        disabled={busy}
                        onClick={() =>
                            run(async () => {
                                await remove(`/v1/clients/${of.client.client}/devices/${device.device}`);
                                done();
                            })
                        }
                    >
                        {said.removeNow}
                    </button>
                </footer>
            </div>
        </Dialog>
    );
}

/** The last instant at which anything on this phone could play without contact. */
function darkBy(of: Case, device: Device): number | undefined {
    const ends = of.releases
        .flatMap((release) => release.devices)
        .filter((one) => one.device === device.device && one.dark_by && one.known !== "lost")
        .map((one) => Date.parse(one.dark_by!));
    return ends.length > 0 ? Math.max(...ends) : undefined;
}
