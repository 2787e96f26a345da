// A text as a picture that a phone's camera reads.

import { encode } from "uqr";

export function Picture({ text, label }: { text: string; label: string }) {
    const { data, size } = encode(text, { ecc: "M", border: 2 });
    const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
    return (
        <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
            <path d={path} />
        </svg>
    );
}
