// The state of a shared clip on each phone: what is known of it, and by when it cannot play.

import type { DeviceTruth, Release } from "../api/answers";
import { words } from "../strings";
import { saysWhen } from "../when";

export function DeviceStates({ of, client }: { of: Release; client: string }) {
    const said = words.value.deviceState;
    // What ended without ever having been on a phone is not worth a line.
    const over = of.standing === "revoked" || of.standing === "expired";
    const devices = of.devices.filter((device) => !over || device.known !== "nothing");
    if (devices.length === 0) return over ? null : <p class="note">{said.noPhones}</p>;
    return (
        <ul class="device-states" aria-label={said.label(client)}>
            {devices.map((device) => (
                <li key={device.device}>
                    <span class={`dot ${device.known}`} aria-hidden="true" />
                    <b>{device.name}</b> <span>{saysState(device)}</span>
                </li>
            ))}
        </ul>
    );
}

function saysState(device: DeviceTruth): string {
    const said = words.value.deviceState;
    const at = device.at ? saysWhen(device.at, words.value) : "";
    const dark = device.dark_by ? saysWhen(device.dark_by, words.value) : "";
    switch (device.known) {
        case "not_confirmed":
            return said.not_confirmed;
        case "nothing":
            return said.nothing;
        case "leased":
            return said.leased(dark);
        case "ready":
            return said.ready(at, dark);
        case "pending":
            return said.pending(dark);
        case "wiped":
            return said.wiped(at);
        case "lost":
            return said.lost(dark);
    }
}
