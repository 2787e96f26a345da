// Adding a phone: where to go, a code to type there, and its name to be confirmed here.

import { useEffect, useState } from "preact/hooks";
import type { Invitation } from "../api/answers";
import { post } from "../api/rest";
import type { Case } from "../case";
import { Dialog, saysTrouble } from "../parts/parts";
import { Picture } from "../parts/picture";
import { words } from "../strings";
import { ConfirmDevice } from "./confirm_device";

export function Invite({ of, again, close }: { of: Case; again(): Promise<void>; close(): void }) {
    const said = words.value.invite;
    const [invitation, setInvitation] = useState<Invitation | undefined>();
    const [trouble, setTrouble] = useState("");
    // Which phones were there before: the one that appears now is the one that was invited.
    const [before] = useState(() => new Set(of.devices.map((device) => device.device)));
    const ask = () => {
        setInvitation(undefined);
        setTrouble("");
        post<Invitation>(`/v1/clients/${of.client.client}/invitations`).then(setInvitation, (error: unknown) =>
            setTrouble(saysTrouble(error)),
        );
    };
    useEffect(ask, []);
    const appeared = of.devices.find((device) => !before.has(device.device) && !device.removed_at);
    return (
        <Dialog title={said.title(of.client.name)} close={close} wide>
            <div class="invite">
                <section class="stack tight">
                    <h3>{said.open}</h3>
                    {/* The code to type is not in it: a picture is photographed, and an address is remembered by browsers and written down by servers. */}
                    <Picture text={`${location.origin}/`} label={said.qr} />
                    <p class="note address">{location.host}</p>
                </section>
                <section class="stack tight">
                    <h3>{said.type}</h3>
                    {invitation && <Code invitation={invitation} another={ask} />}
                    {trouble && (
                        <p class="says" role="alert">
                            {trouble}
                        </p>
                    )}
                    <p class="note">{said.typeWords}</p>
                    <h3>{said.waiting}</h3>
                    <div aria-live="polite" class="stack tight">
                        {!appeared && <p class="note breathing">{said.waitingWords}</p>}
                        {appeared && <p class="serif">{said.appeared(appeared.name)}</p>}
                        {appeared?.confirmed_at && <p>{said.confirmed}</p>}
                    </div>
                    {appeared && !appeared.confirmed_at && <ConfirmDevice of={of} device={appeared} again={again} />}
                    {appeared?.confirmed_at && (
                        <button type="button" class="button" onClick={close}>
                            {said.done}
                        </button>
                    )}
                </section>
            </div>
        </Dialog>
    );
}

function Code({ invitation, another }: { invitation: Invitation; another(): void }) {
    const said = words.value.invite;
    const [now, setNow] = useState(Date.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 5_000);
        return () => clearInterval(timer);
    }, []);
    const left = Date.parse(invitation.expires_at) - now;
    if (left <= 0) {
        return (
            <p class="row">
                <span>{said.over}</span>
                <button type="button" class="button soft" onClick={another}>
                    {said.another}
                </button>
            </p>
        );
    }
    return (
        <>
            <p class="code">{invitation.code}</p>
            <p class="note">{said.left(Math.ceil(left / 60_000))}</p>
        </>
    );
}
