// A session's recording as it lies on a therapist's computer: an hour of sound that nobody else has.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const RATE = 8_000;
const HEADER = 44;

/** Noise from a seed, under a slow swell: every piece of it is found nowhere else in it. Gives its bytes. */
export function writeSession(path, seconds, rate = RATE) {
    const samples = seconds * rate;
    const wav = Buffer.alloc(HEADER + samples * 2);
    wav.write("RIFF", 0);
    wav.writeUInt32LE(wav.length - 8, 4);
    wav.write("WAVEfmt ", 8);
    for (const [at, value, size] of [
        [16, 16, 4],
        [20, 1, 2],
        [22, 1, 2],
        [24, rate, 4],
        [28, rate * 2, 4],
        [32, 2, 2],
        [34, 16, 2],
    ])
        wav.writeUIntLE(value, at, size);
    wav.write("data", 36);
    wav.writeUInt32LE(samples * 2, 40);
    let state = 0x2545_f491;
    for (let at = 0; at < samples; at += 1) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        const swell = 0.15 + 0.12 * Math.sin((at / rate) * 1.7) * Math.sin((at / rate) * 0.11);
        wav.writeInt16LE(Math.round(((state >>> 8) / 0xff_ffff - 0.5) * 65_534 * swell), HEADER + at * 2);
    }
    writeFileSync(path, wav);
    return wav;
}

/** Where in a recording's bytes a second is. */
export const byteOf = (second) => HEADER + second * RATE * 2;

/** Where a sound or picture lies that somebody else has recorded. */
export const media = (name) => fileURLToPath(new URL(`../../../tests/media/${name}`, import.meta.url));
