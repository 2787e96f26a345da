// A phone becomes a client's when a therapist has said so.

import type { Device } from "../api/answers";
import { post } from "../api/rest";
import type { Case } from "../case";

export async function confirmDevice(of: Case, device: Device, again: () => Promise<void>): Promise<void> {
    await post(`/v1/clients/${of.client.client}/devices/${device.device}/confirmation`);
    await again();
}
